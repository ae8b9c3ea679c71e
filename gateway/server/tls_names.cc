// What a certificate says about its owner.
#include <openssl/x509v3.h>

#include "gateway/http/decode.h"
#include "gateway/server/tls_context.h"

namespace sluis::gateway {

namespace {

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct NamesFree {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

bool sound(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

std::optional<std::string> subject_of(X509* certificate) {
  const std::unique_ptr<BIO, BioFree> out(BIO_new(BIO_s_mem()));
  // RFC 2253, with UTF-8 left as it is.
  const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, flags) < 0) return std::nullopt;
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  std::string text(data, static_cast<std::size_t>(size));
  if (!sound(text)) return std::nullopt;
  return text;
}

}  // namespace

std::optional<policy::Identity> identity_of(X509* certificate) {
  policy::Identity identity;
  auto subject = subject_of(certificate);
  if (!subject) return std::nullopt;
  identity.subject = *std::move(subject);
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return identity;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type != GEN_URI) continue;
    const ASN1_IA5STRING* const uri = entry->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri)));
    if (!is_printable_ascii(text)) return std::nullopt;
    identity.uris.emplace_back(text);
  }
  return identity;
}

}  // namespace sluis::gateway

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

struct NumberFree {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
struct TextFree {
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
};
struct Utf8Free {
  void operator()(unsigned char* text) const noexcept { OPENSSL_free(text); }
};

// "0a:1b:…"
std::string colon_hex(const ASN1_OCTET_STRING* bytes) {
  if (bytes == nullptr) return {};
  const std::string hex = to_hex({ASN1_STRING_get0_data(bytes), static_cast<std::size_t>(ASN1_STRING_length(bytes))});
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) out += (i == 0 ? "" : ":") + hex.substr(i, 2);
  return out;
}

std::string common_name_of(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* data = nullptr;
  const int size = ASN1_STRING_to_UTF8(&data, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  const std::unique_ptr<unsigned char, Utf8Free> text(data);
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(text.get()), static_cast<std::size_t>(size));
  return sound(out) ? out : std::string();
}

}  // namespace

std::optional<ClientCertificate> certificate_of(X509* certificate) {
  ClientCertificate out;
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), out.digest.data(), &size) != 1) return std::nullopt;
  const std::unique_ptr<BIGNUM, NumberFree> serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (!serial) return std::nullopt;
  const std::unique_ptr<char, TextFree> decimal(BN_bn2dec(serial.get()));
  if (!decimal) return std::nullopt;
  out.serial_number = decimal.get();
  out.common_name = common_name_of(certificate);
  out.subject_key_id = colon_hex(X509_get0_subject_key_id(certificate));
  out.authority_key_id = colon_hex(X509_get0_authority_key_id(certificate));
  return out;
}

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

// The destroyer, with what it looks at.
#include "gateway/daemon/parts.h"
#include "gateway/lifecycle/settings.h"

namespace sluis::gateway {

Reasons make_destroyer(Parts& parts) {
  destruction::FactSources sources{*parts.store, *parts.key_admin, *parts.documents, *parts.ledger,
                                   static_cast<std::size_t>(parts.config.backup.keep)};
  if (parts.adopted) {
    sources.adopted_cells = [&tables = *parts.adopted](std::string_view key,
                                                       std::uint32_t version) -> Result<std::uint64_t> {
      const auto uses = tables.uses_of(key);
      if (!uses) return uses.error();
      std::uint64_t cells = 0;
      for (const auto& use : *uses) {
        const auto found = use.cells.find(version);
        if (found != use.cells.end()) cells += found->second;
      }
      return cells;
    };
  }
  destruction::DestroyerParts all{std::move(sources),
                                  *parts.token,
                                  parts.signers->newest(),
                                  parts.config.audit_gateway,
                                  parts.config.audit_origin,
                                  [settings = parts.periods_now](std::string_view key) {
                                    const auto now = settings();
                                    const PeriodSetting* const one = setting_of(now, key);
                                    return one == nullptr ? Period{}.destroy_after : one->period.destroy_after;
                                  }};
  if (parts.backups) {
    all.try_backup = [&backups = *parts.backups](const Generation& generation) {
      return backups.try_to_open(generation);
    };
  }
  parts.destroyer = std::make_unique<destruction::Destroyer>(std::move(all));
  return {};
}

}  // namespace sluis::gateway

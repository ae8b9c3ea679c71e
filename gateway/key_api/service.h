// The keys API behind its routes; docs/keys.md says what each call does. Handlers are plain functions. Thread-safe; may
// block on the store and the HSM.
#pragma once

#include <functional>
#include <vector>

#include "gateway/http/call.h"
#include "gateway/keys/admin_events.h"
#include "gateway/keys/key_admin.h"
#include "gateway/keys/periods.h"
#include "gateway/lifecycle/settings.h"

namespace sluis::gateway {

class KeyService {
 public:
  using Settings = std::function<std::vector<PeriodSetting>()>;  // as configured now; thread-safe

  // All outlive the service; `admin` hands its events to `admin_events`.
  KeyService(KeyAdmin& admin, Periods& periods, AdminEvents& admin_events, Settings settings);

  Outcome list(Call& call);
  Outcome show(Call& call);
  Outcome compromise(Call& call);
  Outcome set_period(Call& call);

 private:
  KeyAdmin& admin_;
  Periods& periods_;
  AdminEvents& admin_events_;
  const Settings settings_;
};

std::vector<Route> key_routes(KeyService& service);

}  // namespace sluis::gateway

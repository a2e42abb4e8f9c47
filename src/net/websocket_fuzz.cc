#include "net/websocket_fuzz.h"

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rescind::net::fuzz_websocket(rescind::text_of({data, size}));
  return 0;
}

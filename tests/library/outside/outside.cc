// Both APIs in one C++20 program.
#include <rescind/rescind.h>
#include <rescind/verifier.h>

#include <iostream>

int main(int count, char** arguments) {
  if (count != 3) return 2;
  if (rescind::Verifier::open("{}").verifier) return 3;
  const auto opened = rescind::Verifier::open(arguments[1]);
  if (!opened.verifier) return std::cerr << opened.error << "\n", 4;
  const rescind::Decision decision = opened.verifier->verify(arguments[2]);
  using std::chrono::milliseconds;
  const rescind::Decision at = opened.verifier->verify_at(arguments[2], "1.2", milliseconds(1));
  if (at.reason() != decision.reason()) return 6;
  const auto watch = opened.verifier->on_revoked(
      R"({"iss":"https://a.test","sub":"u","iat":1799999000,"exp":1800000000})", {},
      [](rescind::Reason) {});
  if (!watch) return 5;
  const rescind::Verifier::State state = opened.verifier->state();
  std::cout << rescind_version() << " "
            << (decision.accepted() ? "accepted" : to_string(*decision.reason())) << " "
            << (state.fresh ? "fresh" : "stale: " + state.error) << "\n";
}

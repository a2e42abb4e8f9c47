// The fuzzers' corpora reach what they are for, and the fuzzed properties hold for them.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "net/http_request_fuzz.h"
#include "net/http_response_fuzz.h"
#include "net/sse_fuzz.h"
#include "net/url_fuzz.h"
#include "net/websocket_fuzz.h"

namespace rescind::net {
namespace {

// How many files of a corpus reach success, and how many do not.
template <typename Fuzz>
std::pair<int, int> run_corpus(const std::string& name, Fuzz fuzz) {
  std::pair<int, int> counts;
  for (const auto& file :
       std::filesystem::directory_iterator(RESCIND_SOURCE_DIR "/src/net/corpus/" + name)) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    ++(fuzz(text) ? counts.first : counts.second);
  }
  return counts;
}

TEST(Corpus, HoldsRequestsThatAreAcceptedAndRefused) {
  const auto [good, bad] = run_corpus("http_request_fuzz", fuzz_requests);
  EXPECT_GE(good, 6);
  EXPECT_GE(bad, 3);
}

TEST(Corpus, HoldsResponsesThatAreAcceptedAndRefused) {
  const auto [good, bad] = run_corpus("http_response_fuzz", fuzz_response);
  EXPECT_GE(good, 4);
  EXPECT_GE(bad, 2);
}

TEST(Corpus, HoldsEventStreams) {
  const auto [good, bad] = run_corpus("sse_fuzz", fuzz_events);
  EXPECT_GE(good, 4);
  EXPECT_GE(bad, 1);
}

TEST(Corpus, HoldsUrlsAndForms) {
  const auto [good, bad] = run_corpus("url_fuzz", fuzz_url);
  EXPECT_GE(good, 4);
  EXPECT_GE(bad, 2);
}

TEST(Corpus, HoldsWebSocketsThatAreAcceptedAndRefused) {
  const auto [good, bad] = run_corpus("websocket_fuzz", fuzz_websocket);
  EXPECT_GE(good, 6);
  EXPECT_GE(bad, 4);
}

TEST(HttpPeer, AgreesOnWhatBothAccept) {
  const std::string bytes =
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\ntwo\r\n0\r\nA: "
      "b\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto peer = peer_requests(bytes);
  EXPECT_EQ(peer.size(), 3);
  EXPECT_EQ(peer, read_requests(bytes, 1).messages);
}

// Why the framing is ours (docs/adr/boost.md).
TEST(HttpPeer, TakesWhatWeRefuse) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::string> uncertain = {
      post + "A: b\r\n c\r\n\r\n",
      post + "Transfer-Encoding: xchunked\r\n\r\n",
      post + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
      post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      post + "Content-Length: 3, 3\r\n\r\nabc",
      post + "Host: y\r\n\r\n",
      "POST / HTTP/1.1\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  };
  for (const std::string& bytes : uncertain) {
    EXPECT_EQ(peer_requests(bytes).size(), 1) << bytes;
    EXPECT_EQ(read_requests(bytes, bytes.size()).status, 400) << bytes;
  }
}

}  // namespace
}  // namespace rescind::net

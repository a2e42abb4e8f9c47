#pragma once
// An index as readers have it: its region, in this process or in another one that writes it. Any
// number of threads; an Index::Reader (one a thread) does the look-ups.
//
// Nothing here waits for the writer. One that has died leaves what it last said: it grows stale,
// which every reader can tell from the feed's state, and one day `superseded()` tells that another
// region stands at the same path.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "revocation/mapping.h"
#include "revocation/revocation.h"

namespace rescind::revocation {

struct IndexHeader;

class IndexView {
 public:
  // The index that an agent shares at `path` (Mapping::attach_file has the errors for one that is
  // not to be believed); kCorrupt where it is no index, is damaged, or has another layout.
  static Result<std::shared_ptr<const IndexView>> attach(const std::string& path,
                                                         std::optional<uid_t> owner = std::nullopt);
  // Of this process; `header` lies in `mapping`.
  IndexView(std::shared_ptr<const Mapping> mapping, const IndexHeader& header)
      : mapping_(std::move(mapping)), header_(header) {}

  using Name = std::array<std::uint64_t, 2>;
  // Another one for each region that was ever made.
  Name name() const;
  bool superseded() const;
  // When the writer was last at work.
  BootTime beat() const;
  std::size_t entries() const;
  std::size_t bytes() const;  // of memory held
  WallTime purge_time() const;

  // All entries, in no order. Only while nobody writes: by the writer, or after its end.
  void for_each(const std::function<void(const Entry&)>& visit) const;

  const IndexHeader& header() const { return header_; }
  std::byte* base() const { return mapping_->base(); }
  std::size_t size() const { return mapping_->size(); }

 private:
  std::shared_ptr<const Mapping> mapping_;
  const IndexHeader& header_;
};

}  // namespace rescind::revocation

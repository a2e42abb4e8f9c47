#!/usr/bin/env python3
"""The bugs that are planted in the product to see whether the simulator finds them, each a change of
one source file, of which a copy is built into a simulator of its own (-DRESCIND_PLANTS=ON). Those in
what the simulator stands in for are in plant.h.

    plants.py list                     name;file;seed of each, for CMake (0: found by none)
    plants.py write NAME OUT           the changed copy of the file
    plants.py search BUILD [SEEDS]     every bug, each over as many seeds: how many of them find it

docs/simulation.md has the table. Where the text that a bug replaces is no longer there, `write` fails:
mend the bug here, or take it out where it has become impossible.
"""

import concurrent.futures
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# name: (file, seed that finds it, what stands there, what is planted)
PLANTS = {
    "gap_ignored": (
        "src/feed/chain.cc", 1,
        "if (batch.position.number != place.position.number + 1 || batch.previous != place.head) {",
        "if (batch.position.number <= place.position.number) {"),
    "hash_not_compared": (
        "src/feed/chain.cc", 435,
        "if (batch.position.number != place.position.number + 1 || batch.previous != place.head) {",
        "if (batch.position.number != place.position.number + 1) {"),
    "term_ignored": (
        "src/feed/manifest.cc", 4,
        "  for (std::size_t i = 0; i < terms.size(); ++i) {",
        "  return position.number <= head.number;\n"
        "  for (std::size_t i = 0; i < terms.size(); ++i) {"),
    "heartbeat_taken_for_a_link": (
        "src/feed/follower.cc", 1,
        "    awaited = heartbeat;\n",
        "    Manifest moved = chain.manifest();\n"
        "    moved.position = head.position;\n"
        "    moved.head = head.head;\n"
        "    chain.adopt(moved, std::string(jws));\n"
        "    refresh(head.position.term, heartbeat.at, now);\n"),
    "any_heartbeat_refreshes": (
        "src/feed/follower.cc", 10,
        "    awaited = heartbeat;\n",
        "    refresh(head.position.term, heartbeat.at, now);\n    awaited = heartbeat;\n"),
    "early_batch_refreshes": (
        "src/feed/follower.cc", 10,
        "      observe(place.position.term, received.batch.at, now);\n"
        "      join_out_of_order(received.batch);\n",
        "      refresh(place.position.term, received.batch.at, now);\n"
        "      join_out_of_order(received.batch);\n"),
    "early_batch_counts_as_applied": (
        "src/feed/follower.cc", 1,
        "  const auto joined = writer.join(next.batch);\n",
        "  const Result<IndexWriter::Joined> joined = early.size() == 0\n"
        "                                                 ? writer.join(next.batch)\n"
        "                                                 : Result<IndexWriter::Joined>();\n"),
    "critical_kind_passed_over": (
        "src/feed/follower.cc", 20,
        "next.batch.kind == Kind::kUnknown && next.batch.critical",
        "next.batch.kind == Kind::kUnknown && false"),
    "ready_before_a_head_was_seen": (
        "src/feed/follower.cc", 2400,
        "if (!ready && origin_answered && start_head && "
        "chain.fit(*start_head) == Chain::Fit::kKnown) {",
        "if (!ready && chain.position().number > 0) {"),
    "new_term_believed_at_once": (
        "src/feed/follower.cc", 753,
        "  if (term <= fresh_term) {\n",
        "  if (term > 0) {\n"),
    "term_after_the_told_one_believed": (
        "src/feed/follower.cc", 179776,
        "const bool begun_since = told_term && term > *told_term;",
        "const bool begun_since = false;"),
    "term_that_has_ended_believed": (
        "src/feed/follower.cc", 182110,
        "if (ended && (!freshness.at() || term > fresh_term)) return;",
        "if (ended && false) return;"),
    "term_that_proves_to_have_ended_believed": (
        "src/feed/follower_answers.cc", 30807053,
        "if (fresh_term < term && !was_told) {",
        "if (fresh_term < term && !was_told && false) {"),
    "word_of_an_earlier_head_tells_no_time": (
        "src/feed/follower.cc", 60054404,
        "if (head != chain.place()) observe(",
        "if (head != chain.place() && chain.fit(head) != Chain::Fit::kKnown) observe("),
    "question_put_off_by_what_is_heard": (
        "src/feed/follower.cc", 45,
        "freshness.refresh(term, at, now.boot) && origin_answered",
        "freshness.refresh(term, at, now.boot)"),
    "clock_that_was_set_believed": (
        "src/store/steady_time.cc", 122408,
        "  const nanoseconds most = std::max(now - boot, nanoseconds(0)) / kDriftParts;",
        "  const nanoseconds most = now - boot + std::chrono::hours(kDriftParts);"),
    "earlier_time_forgotten": (
        "src/feed/follower.cc", 7069,
        "  if (heard) begun.observe",
        "  if (heard && false) begun.observe"),
    "heartbeat_not_signed": (
        "src/feed/follower.cc", 5,
        'if (!signed_by(jws, word->key_id, chain.keys())) return refuse("not signed by the feed", '
        "now);\n    return on_heartbeat",
        "return on_heartbeat"),
    "keys_vouch_for_themselves": (
        "src/feed/follower.cc", 5,
        'if (!signed_by(jws, word->key_id, chain.keys())) return refuse("not signed by the feed", '
        "now);\n  on_batch",
        "const auto announced = key_set_of(batch.keys);\n"
        "  if (!signed_by(jws, word->key_id, batch.kind == Kind::kKeys ? **announced : chain.keys()))\n"
        '    return refuse("not signed by the feed", now);\n  on_batch'),
    "snapshot_not_joined": (
        "src/feed/follower_answers.cc", 2,
        "if (!writer.join(opened->entries)) {",
        "if (false) {"),
    "tail_from_the_head": (
        "src/feed/follower_answers.cc", 68,
        "  chain.adopt(manifest, jws);\n",
        "  Manifest ahead = manifest;\n"
        "  if (target && target->position > ahead.position) {\n"
        "    ahead.position = target->position;\n"
        "    ahead.head = target->head;\n"
        "  }\n"
        "  chain.adopt(ahead, jws);\n"),
    "loss_not_shown": (
        "src/feed/receipts.cc", 4,
        "  proof_ = {.place = place, .proof = std::move(proof)};\n",
        "  if (place.position.term == 0) proof_ = {.place = place, .proof = std::move(proof)};\n"),
    "any_answer_is_an_answer": (
        "src/feed/follower_answers.cc", 2400,
        "  origin_answered = origin_answered || !answer || is_a_word;\n",
        "  origin_answered = true;\n"),
    "any_word_confirms_a_term": (
        "src/feed/follower_answers.cc", 18277,
        "forget_what_ended_before(heartbeat.head.term);\n"
        "  told_term = heartbeat.head.term;\n"
        "  confirm_term(tells_next_time(heartbeat), now);",
        "told_term = heartbeat.head.term;\n"
        "  confirm_term(true, now);"),
    "checkpoint_without_cuts": (
        "src/feed/checkpointing.cc", 1,
        "index.for_each(visit);",
        "index.for_each([&](const revocation::Entry& entry) {\n"
        "          if (!entry.cut) visit(entry);\n        });"),
    "purge_time_not_stored": (
        "src/feed/checkpointing.cc", 1,
        "  state.manifest.purge_time = index.purge_time();\n",
        ""),
    "replays_refresh": (
        "src/revocation/freshness.cc", 1722,
        "if (known_ && (term < term_ || (term == term_ && at <= at_))) return false;",
        "known_ = false;"),
    "late_words_tell_the_time": (
        "src/revocation/freshness.cc", 10,
        "offset_ = std::max(offset, fallen(offset_, arrived - estimated_));",
        "offset_ = offset;"),
    "staleness_by_the_wall_clock": (
        "src/revocation/freshness.cc", 4,
        "std::max({by_authority, by_wall, Milliseconds(0)})",
        "std::max({by_authority - by_authority, by_wall, Milliseconds(0)})"),
    "purge_by_the_wall_clock": (
        "src/revocation/purge_time.cc", 3,
        "std::min(now.wall, *authority)",
        "now.wall"),
    "smaller_cut_wins": (
        "src/revocation/index.cc", 1,
        "if (*entry.cut <= before) {",
        "if (*entry.cut >= before) {"),
    "last_word_wins": (
        "src/revocation/index.cc", 1,
        "    const std::uint32_t joined = join(there->packed, packed);\n",
        "    const std::uint32_t joined = packed;\n"),
    "purged_too_early": (
        "src/revocation/index.cc", 1,
        "return first_kept_unit(to_ms(purge_time.value()));",
        "return first_kept_unit(to_ms(purge_time.value())) + 2;"),
}

# The same for what does no harm: the chain and the origin make up for it, so nothing may be found.
HARMLESS = {
    "publisher_skips_what_failed": (
        "src/feed/publisher.cc", 0,
        "  TRY_ASSIGN(const std::size_t count, transport_.publish_all(*batches));\n"
        "  if (count > 0) published_ = (*batches)[count - 1].position;\n",
        "  published_ = batches->back().position;\n"
        "  TRY_ASSIGN(const std::size_t count, transport_.publish_all(*batches));\n"),
    "heartbeat_before_its_batch": (
        "src/feed/publisher.cc", 0,
        "  if (head.position > published_) return now.boot;\n",
        ""),
    "lease_not_asked_for": (
        "src/feed/publisher.cc", 0,
        "    held_ = position.has_value();\n",
        "    held_ = true;\n"),
}


def write(name, out):
    file, _, there, planted = (PLANTS | HARMLESS)[name]
    whole = (ROOT / file).read_text(encoding="utf-8")
    if whole.count(there) != 1:
        sys.exit(f"{file} has changed: mend the planted bug {name} in tests/simulation/plants.py")
    Path(out).write_text(whole.replace(there, planted), encoding="utf-8")


def find_first(program, seeds):
    done = subprocess.run([program[0], "--planted", *program[1:], "--seeds", f"1:{seeds}"],
                          capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines() or [f"exit code {done.returncode}"]
    if done.returncode or len(lines) < 2:
        return f"NOT FOUND: {lines[-1]}"
    return f"{lines[0].rstrip(':')}, {lines[1].split()[0]}"


def search(build, seeds):
    folder = Path(build) / "tests/simulation"
    programs = {f"--plant {n}": [str(folder / "simulate"), "--plant", str(n)] for n in range(1, 7)}
    programs.update({name: [str(folder / f"simulate_{name}")] for name in PLANTS | HARMLESS})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda program: find_first(program, seeds), programs.values())
        for name, result in zip(programs, found):
            print(f"{name}: {result}", flush=True)


def main():
    match sys.argv[1:]:
        case ["list"]:
            for name, (file, seed, _, _) in (PLANTS | HARMLESS).items():
                print(f"{name};{file};{seed}")
        case ["write", name, out]:
            write(name, out)
        case ["search", build, *rest]:
            search(build, int(rest[0]) if rest else 20_000)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()

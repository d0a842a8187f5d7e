# SPDX-License-Identifier: MIT
# Instructions of a pair by what their functions are for: bars of three variants, one on the other.
include "lib";

bench | map(select(.functions != null)) as $all |
def variants: ["linux", "baseline", "lockfree"];
def kinds: ["harness", "entry, policies", "zones, watermarks", "lists of CPUs, magazines", "buddy, global allocator",
  "checks of pages", "reference counts", "locks, interrupts, all else"];

# What a function is for. Of Linux, what is not known here is the scheduler's and the timer's.
def harness: test("^(alloc|free|pair)_(one|run|zeroed)_|^run_(bulk|repeat|burst|whole_loop)$|^(platform_time_ns|choose_loops|meet|slots_of|other_page|other_free|hart_barrier_wait|harts_run)$");
def of_linux:
  if harness or test("^frame_") then 0
  elif test("^(__|)alloc_pages|^__alloc_frozen|^get_task_policy|^policy_node|^should_fail|^__cond_resched|^rcu_all_qs|^_*free_pages|^prepare_alloc|^alloc_frozen|^mpol") then 1
  elif test("watermark|^get_page_from_freelist|^__mod_zone_page_state|^mod_zone|^zone_|^next_zone") then 2
  elif test("^free_unref|pcp_list|pcppages|pcplist|^nr_pcp|^decay_pcp|^free_frozen") then 3
  elif test("^rmqueue|^__rmqueue|^__free_one_page|^expand|pfnblock|^buddy|^add_to_free|^del_page|^free_one_page|^split_large|^__del_page") then 4
  elif test("^free_pcp_prepare|^check_|_prepare$|^free_page_is_bad|^prep_new_page|^post_alloc|^__list_(add|del)|list_.*_report|^free_pages_prepare|^kernel_init_pages|^clear_page|^free_tail") then 5
  else 7 end;
def of_ours:
  if harness then 0
  elif test("^refcounts_|^memcpy$|^memset$") then 6
  elif test("^frame_(alloc|free)|^hart_cache|^alloc_.*slow|^free_slow|^free_run$|^magazines_|^transfer_begin|^count_taken|^taken_count|^view_of|^hart_begin") then 3
  elif test("^lock_|^platform_mutex|^schedule|^firmware$|^run_hart") then 7
  else 4 end;

def pairs: .phases[0].operations * .harts;
def base: .variant | split(":")[0];
# Instructions of a pair, by kind: of all records of a variant and an order.
def by_kind($variant; $order):
  $all | map(select(base == $variant and .order == $order)) | select(length > 0) |
  map(pairs as $pairs | [.functions | to_entries[] | {kind: (.key | if $variant == "linux" then of_linux else of_ours end), value: (.value / $pairs)}] |
    group_by(.kind) | map({key: (.[0].kind | tostring), value: (map(.value) | add)}) | from_entries) |
  . as $each | [range(0; kinds | length) | tostring as $kind | $each | map(.[$kind] // 0) | median];
def bars($order):
  [range(0; variants | length) as $i | {x: ($i + 1), parts: by_kind(variants[$i]; $order)}] as $bars |
  range(0; kinds | length) as $kind |
  $bars | map({x, y: .parts[$kind], low: (.parts[:$kind] | add // 0), high: (.parts[:$kind + 1] | add)}) |
  series(kinds[$kind]; "order-\($order)"; "measured"; "qemu, aarch64") |
  shows("functions-" + ["harness", "entry", "zones", "lists", "buddy", "checks", "refcounts", "else"][$kind]; "qemu");
def top($variant; $order):
  $all | map(select(base == $variant and .order == $order)) | select(length > 0) | .[0] | pairs as $pairs |
  .functions | to_entries | sort_by(-.value) | .[:12] | to_entries |
  map([$variant, ($order | tostring), .value.key, (.value.value / $pairs | short)]);

{
  series: [(0, 3, 9) as $order | bars($order)] | map(select(.x | length > 0)),
  tables: [{
    title: "instructions of an allocation and its free by kind",
    columns: (["variant", "order"] + kinds + ["all"]),
    rows: [variants[] as $variant | (0, 3, 9) as $order | by_kind($variant; $order) | [$variant, ($order | tostring)] + map(short) + [add | short]]
  }, {
    title: "the twelve functions that execute the most",
    columns: ["variant", "order", "function", "instructions"],
    rows: [variants[] as $variant | (0, 3, 9) as $order | top($variant; $order)[]]
  }] | map(select(.rows | length > 0))
}

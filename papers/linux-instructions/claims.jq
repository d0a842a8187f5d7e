# SPDX-License-Identifier: MIT
# Shares of Linux's instructions, by the names of its functions; series.jq has all kinds.
include "lib";

bench as $all |
def of($order): $all | map(select(.functions != null and .order == $order and (.variant | startswith("linux")))) | .[0].functions;
def share($order; chosen): of($order) | (to_entries | map(select(.key | chosen) | .value) | add // 0) / (map(.) | add);
def checks: test("^free_pcp_prepare|^check_|_prepare$|^free_page_is_bad|^free_pages_prepare|^__list_(add|del)");
def keeping: test("^free_unref|pcp_list|pcppages|pcplist|^rmqueue|^__rmqueue|^__free_one_page|^expand|pfnblock");

[claim("I1"; "qemu"; quantity("share of order 9"; share(9; checks))),
 claim("I2"; "qemu"; quantity("share of order 0"; share(0; keeping)))]

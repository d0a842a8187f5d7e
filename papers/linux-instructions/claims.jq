# SPDX-License-Identifier: MIT
# None: what the instructions are spent on is shown, not claimed.
[]

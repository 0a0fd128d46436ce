#!/bin/sh
# check_exercised.sh ESECHECK REPORT-DIR: every public function of the reference engine does its work in the
# matrix's state `none`.
set -u
table=$2/exercised.tsv
mkdir -p "$2" && "$1" matrix --filter '*/none' --format tsv --report "$2" >"$table"
awk -F '\t' '
    NR > 1 { seen++ }
    NR > 1 && $5 != "conforms" {
        print $1 " is " $5 ": " $4
        failed = 1
    }
    END {
        print seen + 0 " functions"
        exit failed || seen < 150
    }' "$table"

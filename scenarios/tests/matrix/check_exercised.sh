#!/bin/sh
# check_exercised.sh ESECHECK REPORT-DIR: every public function of the reference engine does its work in the
# matrix's state `none`, but for the family of backup and restore: some of it the engine does not have, and of
# the rest the matrix does not bring about the states yet (a backup under way, a log read to its end).
set -u
table=$2/exercised.tsv
mkdir -p "$2" && "$1" matrix --filter '*/none' --format tsv --report "$2" >"$table"
awk -F '\t' '
    NR > 1 { seen++ }
    NR > 1 && $5 != "conforms" &&
        !(($5 == "unsupported" || $5 == "not-exercised") &&
          $1 !~ /Snapshot/ && $1 ~ /Backup|Restore|LogInfo|OpenFile|ReadFile|CloseFile|AttachInfo|TruncateLog/) {
        print $1 " is " $5 ": " $4
        failed = 1
    }
    END {
        print seen + 0 " functions"
        exit failed || seen < 150
    }' "$table"

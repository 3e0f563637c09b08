#!/usr/bin/env bash
# Runs a command until it is done; where it fails, again.
#
#   tpu_scripts/keep.sh --log=~/run -- python -m experiments.train ...
#
#   --log      LOG.log gets what the command says, LOG.status how it ended
#   --times    how often to begin again, 100 if not told
#   --dry_run  only says what it would do
#
# A training goes on from its last checkpoint. Not begun again is what is done
# (0), what the user must mend (2) and what was told to stop (130, 143): all else
# is a dead peer (75), a full memory, a machine that is going away.

# shellcheck source-path=SCRIPTDIR source=flags.sh
source "$(dirname "$0")/flags.sh"
log='' times=100
flags 'log' 'times' "$@"
((${#rest[@]})) || die "no command: write it behind --, see $0 --help"
if [[ -n $dry_run ]]; then
  line "${rest[@]}"
  exit
fi

exec 9>"$log.lock"
flock --nonblock 9 || die "$log.lock: this command is running already"
rm -f "$log.status"
for ((begun = 0; begun <= times; begun++)); do
  status=0
  "${rest[@]}" >>"$log.log" 2>&1 9>&- || status=$?
  case $status in
    0 | 2 | 130 | 143) break ;;
  esac
  echo "ended with $status; again in ${POLL:-10} s" >>"$log.log"
  sleep "${POLL:-10}"
done
echo "$status" >"$log.status"
exit "$status"

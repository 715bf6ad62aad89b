#!/bin/sh
# Makes the signing key at the first start, where a file is named for it and lies on a volume, so
# that certificates are signed by one key over restarts and by every replica. Then runs `modulo`.
set -eu

key=${MODULO_KEYS__PRIVATE_KEY_FILE:-}
if [ "${1:-}" = serve ] && [ -n "$key" ] && [ ! -e "$key" ] && [ -w "$(dirname "$key")" ]; then
    # Replicas may start at once: a complete key appears under its name, and the first one stays.
    new=$(mktemp -u "$key.XXXXXXXX")
    said=$(modulo keys new "$new" 2>&1) || { printf '%s\n' "$said" >&2; exit 1; }
    ln "$new" "$key" 2>/dev/null || true
    rm -f "$new"
fi
exec modulo "$@"

# What a person reads.

say() { printf '==> %s\n' "$*" >&2; }

# die MESSAGE [EXIT_CODE]
die() {
    printf 'lab: %s\n' "$1" >&2
    exit "${2:-1}"
}

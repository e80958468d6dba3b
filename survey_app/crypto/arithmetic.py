"""Powers and inverses of large numbers: gmpy2 where it is installed, Python's own otherwise (slower, same numbers)."""

from __future__ import annotations

try:
    import gmpy2  # type: ignore[import-untyped]
except ImportError:

    def power(base: int, exponent: int, modulus: int) -> int:
        """base^exponent mod an odd modulus, exponent > 0."""
        return pow(base, exponent, modulus)

    def public_power(base: int, exponent: int, modulus: int) -> int:
        """The same for an exponent that everybody knows, as quickly as can be."""
        return pow(base, exponent, modulus)

    def inverse(value: int, modulus: int) -> int:
        """Of a value that shares no divisor with the modulus."""
        return pow(value, -1, modulus)

else:

    def power(base: int, exponent: int, modulus: int) -> int:
        """base^exponent mod an odd modulus, exponent > 0, in a time that does not depend on the exponent's bits."""
        return int(gmpy2.powmod_sec(base, exponent, modulus))

    def public_power(base: int, exponent: int, modulus: int) -> int:
        """The same for an exponent that everybody knows, as quickly as can be."""
        return int(gmpy2.powmod(base, exponent, modulus))

    def inverse(value: int, modulus: int) -> int:
        """Of a value that shares no divisor with the modulus."""
        return int(gmpy2.invert(value, modulus))

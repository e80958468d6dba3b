"""The private operation of RSA by the OpenSSL that Python itself stands on, where the system has one.

It takes a quarter to a half of the time of `gmpy2`, is hardened against side channels by people who look after that,
and checks its own result. `cryptography` has no RSA without padding, so the library is called directly.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache

NAMES = ("libcrypto.so.3", "libcrypto.so.4")
NO_PADDING = 3
"""RSA_NO_PADDING of openssl/rsa.h."""
DONE = 1
Operation = Callable[[bytes], bytes]


def private_operation(key: bytes, size: int) -> Operation | None:
    """x -> x^d mod n for numbers of `size` bytes; None where the system has no OpenSSL, or one that forbids it (FIPS).

    `key`: PKCS #8, not encrypted. The result raises ArithmeticError for what OpenSSL refuses, such as x >= n.
    """
    library = _library()
    if library is None:
        return None
    start = ctypes.c_char_p(key)
    loaded = library.d2i_AutoPrivateKey(None, ctypes.byref(start), len(key))
    if not loaded:
        library.ERR_clear_error()
        raise ArithmeticError("OpenSSL cannot read the key")
    power = _Key(library, loaded, size).power
    try:
        power((1).to_bytes(size))
    except ArithmeticError:
        return None
    return power


class _Key:
    """A key in OpenSSL's memory, for as long as this object lives."""

    def __init__(self, library: ctypes.CDLL, loaded: int, size: int) -> None:
        self._library, self._loaded, self._size = library, loaded, size

    def __del__(self) -> None:
        self._library.EVP_PKEY_free(self._loaded)

    def power(self, value: bytes) -> bytes:
        """In a context of its own, so that threads may call at once. Raises: ArithmeticError."""
        library = self._library
        result, length = ctypes.create_string_buffer(self._size), ctypes.c_size_t(self._size)
        context = library.EVP_PKEY_CTX_new(self._loaded, None)
        try:
            is_done = (
                library.EVP_PKEY_decrypt_init(context) == DONE
                and library.EVP_PKEY_CTX_set_rsa_padding(context, NO_PADDING) == DONE
                and library.EVP_PKEY_decrypt(context, result, ctypes.byref(length), value, len(value)) == DONE
            )
        finally:
            library.EVP_PKEY_CTX_free(context)
        if not is_done or length.value != self._size:
            library.ERR_clear_error()  # nobody else shall take it for theirs
            raise ArithmeticError("OpenSSL does not compute with this number")
        return result.raw


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    """Python's lock is kept during a call: a signature is over before another thread would have given it back."""
    for name in NAMES:
        try:
            library = ctypes.PyDLL(name)
        except OSError:
            continue
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        library.d2i_AutoPrivateKey.restype = library.EVP_PKEY_CTX_new.restype = pointer
        library.d2i_AutoPrivateKey.argtypes = [pointer, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long]
        library.EVP_PKEY_CTX_new.argtypes = [pointer, pointer]
        library.EVP_PKEY_CTX_free.argtypes = library.EVP_PKEY_free.argtypes = [pointer]
        library.EVP_PKEY_CTX_free.restype = library.EVP_PKEY_free.restype = None
        library.ERR_clear_error.argtypes, library.ERR_clear_error.restype = [], None
        library.EVP_PKEY_decrypt_init.argtypes = [pointer]
        library.EVP_PKEY_CTX_set_rsa_padding.argtypes = [pointer, ctypes.c_int]
        library.EVP_PKEY_decrypt.argtypes = [pointer, ctypes.c_char_p, ctypes.POINTER(size), ctypes.c_char_p, size]
        return library
    return None

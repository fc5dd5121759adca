/**
 * Padmé padding: an envelope's size tells at most O(log log L) bits of its content's length
 * (Nikitin et al., PoPETs 2019(4), section 4). The twin of bidding/kit/padding.py.
 */

/** Everything shorter looks alike, in bytes. */
export const MINIMUM = 65_536;

/**
 * A length rounded up so that few leading bits remain: e = floor(log2 L), s = floor(log2 e) + 1,
 * m = 2^(e-s) - 1; (L + m) with the bits of m cleared. Lengths 0 and 1 stay as they are.
 */
export function padme(length) {
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError("No such length.");
  if (length < 2) return length;
  // Lengths go beyond 32 bits, where JavaScript's bit operators end.
  const exponent = length.toString(2).length - 1;
  const kept = exponent.toString(2).length;
  const unit = kept < exponent ? 2 ** (exponent - kept) : 1;
  return Math.ceil(length / unit) * unit;
}

/** The size of an envelope's plaintext whose content has so many bytes. */
export const paddedSize = (length) => Math.max(MINIMUM, padme(length));

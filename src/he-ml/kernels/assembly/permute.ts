/** to ← a's values in the order of a table of 16-bit places: an automorphism X ↦ X^g of a transformed polynomial. */
export function permute(to: usize, a: usize, places: usize, n: u32): void {
  for (const end = to + ((<usize>n) << 3); to < end; to += 32, places += 8) {
    store<u64>(to, load<u64>(a + ((<usize>load<u16>(places)) << 3)));
    store<u64>(to, load<u64>(a + ((<usize>load<u16>(places, 2)) << 3)), 8);
    store<u64>(to, load<u64>(a + ((<usize>load<u16>(places, 4)) << 3)), 16);
    store<u64>(to, load<u64>(a + ((<usize>load<u16>(places, 6)) << 3)), 24);
  }
}

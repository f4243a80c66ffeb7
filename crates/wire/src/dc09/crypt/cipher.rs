//! AES-CBC over whole blocks, in place, by the length of the key.

use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
};
use aes::{Aes128, Aes192, Aes256};
use model::CipherKey;

/// The octets of a block.
pub(super) const BLOCK: usize = 16;

/// The same for every message: so says the standard, and so does every panel.
const INITIAL_VECTOR: [u8; BLOCK] = [0; BLOCK];

const FITS: &str = "a key of 16, 24 or 32 octets, and a vector of 16";

/// Decrypts all whole blocks of `octets`.
pub(super) fn decrypt(key: &CipherKey, octets: &mut [u8]) {
    let key = key.octets();
    match key.len() {
        16 => decrypt_with::<Aes128>(key, octets),
        24 => decrypt_with::<Aes192>(key, octets),
        _ => decrypt_with::<Aes256>(key, octets),
    }
}

/// Encrypts all whole blocks of `octets`.
pub(super) fn encrypt(key: &CipherKey, octets: &mut [u8]) {
    let key = key.octets();
    match key.len() {
        16 => encrypt_with::<Aes128>(key, octets),
        24 => encrypt_with::<Aes192>(key, octets),
        _ => encrypt_with::<Aes256>(key, octets),
    }
}

fn decrypt_with<C>(key: &[u8], octets: &mut [u8])
where
    C: BlockCipherDecrypt<BlockSize = U16> + KeyInit,
{
    let (blocks, _) = Array::<u8, U16>::slice_as_chunks_mut(octets);
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, &INITIAL_VECTOR);
    cipher.expect(FITS).decrypt_blocks(blocks);
}

fn encrypt_with<C>(key: &[u8], octets: &mut [u8])
where
    C: BlockCipherEncrypt<BlockSize = U16> + KeyInit,
{
    let (blocks, _) = Array::<u8, U16>::slice_as_chunks_mut(octets);
    let cipher = cbc::Encryptor::<C>::new_from_slices(key, &INITIAL_VECTOR);
    cipher.expect(FITS).encrypt_blocks(blocks);
}

//! Writes the pool of public lab keys: `cargo run --release -p trustlab-prt --example make_lab_keys > prt/keys/lab-keys.bin`

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = prt::pool::make_file(prt::pool::SEED, prt::pool::LEN)?;
    std::io::stdout().write_all(&file)?;
    Ok(())
}

//! Trains arena's code tables and writes them where the crate includes them.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tables.bin");
    let bytes = tickwire_arena::training::train()?;
    std::fs::write(file, &bytes)?;
    println!("wrote {} bytes to src/tables.bin", bytes.len());
    Ok(())
}

//! Soon.
use tests::media::Studio;
fn main() -> anyhow::Result<()> {
    let s = Studio::open()?;
    let t = std::time::Instant::now();
    for n in 0..32 { let a = s.photo(n)?; println!("{} {} {:?}", a.path.display(), a.bytes()?.len(), t.elapsed()); }
    for n in 0..2 { let c = s.clip(n)?.unwrap(); println!("{} {}", c.path.display(), c.bytes()?.len()); 
      println!("{:?}", tests::compare::private_ranges(&c.bytes()?)?);
      println!("{:?}", c.secrets.iter().map(|x| c.bytes().unwrap().windows(x.len()).position(|w| w==&x[..])).collect::<Vec<_>>()); }
    let (a,b) = s.live_photo(1)?.unwrap(); 
    for c in [a,b,s.photo(3)?,s.photo(4)?,s.png(1)?,s.webp(1)?] {
      println!("{} {:?}", c.path.display(), tests::compare::private_ranges(&c.bytes()?)?);
      println!("{:?}", c.secrets.iter().map(|x| c.bytes().unwrap().windows(x.len()).position(|w| w==&x[..])).collect::<Vec<_>>()); }
    println!("{:?}", t.elapsed());
    Ok(())
}

//! Temporary: replaced by the specifier module.
#![allow(missing_docs, clippy::all)]
use crate::UnitName;
use std::borrow::Cow;
#[derive(Debug, Default)]
pub struct HostFacts {}
#[derive(Debug)]
pub struct Specifiers<'a> {
    pub name: &'a UnitName,
}
#[derive(Debug, Clone, Copy)]
pub enum Table {
    Name,
    Path,
    Full,
}
#[derive(Debug)]
pub struct SpecifierError(char);
impl std::fmt::Display for SpecifierError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "%{} is no specifier that can be resolved here", self.0)
    }
}
impl Specifiers<'_> {
    pub fn expand<'t>(&self, text: &'t str, _t: Table) -> Result<Cow<'t, str>, SpecifierError> {
        if !text.contains('%') {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next() {
                None => out.push('%'),
                Some('%') => out.push('%'),
                Some('n') => out.push_str(self.name.as_str()),
                Some('N') => out.push_str(self.name.stem()),
                Some('p' | 'P') => out.push_str(self.name.prefix()),
                Some('i' | 'I') => out.push_str(self.name.instance().unwrap_or("")),
                Some('t') => out.push_str("/run"),
                Some('S') => out.push_str("/var/lib"),
                Some('C') => out.push_str("/var/cache"),
                Some('L') => out.push_str("/var/log"),
                Some('E') => out.push_str("/etc"),
                Some('h') => out.push_str("/root"),
                Some('T') => out.push_str("/tmp"),
                Some('V') => out.push_str("/var/tmp"),
                Some('u') => out.push_str("root"),
                Some(c) if "jJfyYdHlqmbavowBAWMUgGscrR".contains(c) => out.push('x'),
                Some(c) => return Err(SpecifierError(c)),
            }
        }
        Ok(Cow::Owned(out))
    }
}

use crate::*;
use std::sync::Arc;
use std::borrow::Cow;
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Origin { pub file: u32, pub line: u32, pub start: u32, pub end: u32 }
#[derive(Debug)] pub struct SourceFile {}
#[derive(Debug)] pub struct HostFacts {}
pub struct Specifiers<'a> { pub a: &'a str }
pub enum Table { Name, Path, Full }
#[derive(Debug)] pub struct SpecifierError;
impl std::fmt::Display for SpecifierError { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("x") } }
impl Specifiers<'_> { pub fn expand<'t>(&self, text: &'t str, _t: Table) -> Result<Cow<'t, str>, SpecifierError> { Ok(Cow::Borrowed(text)) } }
pub struct Unit { }
pub struct UAssignment<'a> { pub section: &'a str, pub key: &'a str, pub origin: Origin }
impl UAssignment<'_> { pub fn text(&self) -> Cow<'_, str> { todo!() } }
impl Unit { pub fn files(&self) -> &[Arc<SourceFile>] { &[] } pub fn name(&self) -> &UnitName { todo!() } pub fn assignments(&self) -> impl Iterator<Item=UAssignment<'_>> { std::iter::empty() } pub fn specifiers<'a>(&'a self, _f: &'a HostFacts) -> Specifiers<'a> { todo!() } }

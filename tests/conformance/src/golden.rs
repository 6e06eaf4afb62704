//! Recorded results in a compact form that loses nothing.
//!
//! A recording of one corpus with one systemd version is a text file. Rows of the table repeat in most units, so every
//! distinct row stands once, with a code of two characters, and a unit is the string of its rows' codes in output order:
//!
//! ```text
//! checksum 9f3c…            FNV-1a of the JSON form of all units, one after the other
//! row 0b<TAB>PrivateTmp<TAB>-<TAB>0.2<TAB>Service has access to other software's temporary files
//! unit a.service<TAB>0<TAB>a.service<TAB>9.6<TAB>UNSAFE<TAB>000a0b…
//! refused b.service<TAB>1<TAB>["message",…]
//! ```
//!
//! The mark of a row is `+` (good), `-` (bad) or `.` (does not apply); a number or text that is absent is `.`.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// What a systemd version said about all units of a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Golden {
    /// The results, in the order of the units' paths.
    pub results: Vec<Recorded>,
}

/// What a systemd version said about one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Path of the unit file relative to its corpus.
    pub path: String,
    /// What came out.
    pub outcome: Outcome,
}

/// The two ends a unit can come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was loaded and scored.
    Scored(Scored),
    /// It was refused.
    Refused {
        /// Exit status.
        exit: i32,
        /// What standard error said, for reading only.
        messages: Vec<String>,
    },
}

/// The table of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// Exit status.
    pub exit: i32,
    /// Name of the unit as it was loaded.
    pub id: String,
    /// The overall level, as printed.
    pub overall: String,
    /// The name of the level, such as `UNSAFE`.
    pub level: String,
    /// The rows in output order.
    pub rows: Vec<Row>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// The check, as `json_field` names it.
    pub check: String,
    /// The mark: good, bad, or none where the check does not apply.
    pub set: Option<bool>,
    /// The row's share of the level, as printed.
    pub exposure: Option<String>,
    /// The text.
    pub description: Option<String>,
}

/// Why a recording could not be read.
#[derive(Debug, Error)]
pub enum GoldenError {
    /// A line has not the form that it should have.
    #[error("line {line}: {what}")]
    Line {
        /// Line number from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A result file is not the JSON that was expected.
    #[error("{path}: {source}")]
    Json {
        /// Path of the unit that the result is about.
        path: String,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// More distinct rows than codes.
    #[error("more than {MAX_ROWS} distinct rows")]
    TooManyRows,
}

const MAX_ROWS: usize = 36 * 36;
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Golden {
    /// Reads the compact form.
    ///
    /// # Errors
    /// At the first line that is not as [the module](self) describes. The checksum is not looked at.
    pub fn parse(text: &str) -> Result<Self, GoldenError> {
        let mut rows: HashMap<&str, Row> = HashMap::new();
        let mut results = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let fail = |what| GoldenError::Line {
                line: index + 1,
                what,
            };
            let Some((word, rest)) = line.split_once(' ') else {
                return Err(fail("a word and a blank should come first"));
            };
            match word {
                "checksum" | "#" => {}
                "row" => {
                    let (code, row) = parse_row(rest).ok_or_else(|| fail("not a row"))?;
                    rows.insert(code, row);
                }
                "unit" => results.push(parse_unit(rest, &rows).ok_or_else(|| fail("not a unit"))?),
                "refused" => {
                    results.push(parse_refused(rest).ok_or_else(|| fail("not a refusal"))?)
                }
                _ => return Err(fail("unknown word")),
            }
        }
        Ok(Self { results })
    }

    /// The checksum that stands in the compact form.
    pub fn stated_checksum(text: &str) -> Option<u64> {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("checksum "))?;
        u64::from_str_radix(line.trim(), 16).ok()
    }

    /// Writes the compact form.
    ///
    /// # Errors
    /// [`GoldenError::TooManyRows`].
    pub fn to_text(&self) -> Result<String, GoldenError> {
        let mut codes: HashMap<&Row, String> = HashMap::new();
        let mut table = String::new();
        let mut units = String::new();
        for result in &self.results {
            match &result.outcome {
                Outcome::Refused { exit, messages } => {
                    let messages = serde_json::to_string(messages).unwrap_or_default();
                    let _ = writeln!(units, "refused {}\t{exit}\t{messages}", result.path);
                }
                Outcome::Scored(scored) => {
                    let Scored {
                        exit,
                        id,
                        overall,
                        level,
                        rows,
                    } = scored;
                    let _ = write!(
                        units,
                        "unit {}\t{exit}\t{id}\t{overall}\t{level}\t",
                        result.path
                    );
                    for row in rows {
                        let next = codes.len();
                        let code = codes.entry(row).or_insert_with(|| {
                            let code = code(next);
                            let _ = writeln!(table, "row {code}\t{}", row.to_columns());
                            code
                        });
                        units.push_str(code);
                    }
                    units.push('\n');
                }
            }
        }
        if codes.len() > MAX_ROWS {
            return Err(GoldenError::TooManyRows);
        }
        Ok(format!("checksum {:016x}\n{table}{units}", self.checksum()))
    }

    /// FNV-1a, 64 bits, of all results' JSON forms.
    pub fn checksum(&self) -> u64 {
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        for result in &self.results {
            for byte in result.to_json().bytes() {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        sum
    }
}

impl Recorded {
    /// Reads one result as `golden-exposure` writes it.
    ///
    /// # Errors
    /// [`GoldenError::Json`].
    pub fn from_json(path: &str, text: &str) -> Result<Self, GoldenError> {
        let line: Line = serde_json::from_str(text).map_err(|source| GoldenError::Json {
            path: path.to_owned(),
            source,
        })?;
        let Line {
            exit,
            id,
            overall,
            level,
            checks,
            messages,
        } = line;
        let outcome = match checks {
            Some(rows) => Outcome::Scored(Scored {
                exit,
                id,
                overall,
                level,
                rows,
            }),
            None => Outcome::Refused { exit, messages },
        };
        Ok(Self {
            path: path.to_owned(),
            outcome,
        })
    }

    /// The result as `golden-exposure` writes it: one line of JSON.
    pub fn to_json(&self) -> String {
        let unit = self.path.rsplit('/').next().unwrap_or_default();
        let line = match &self.outcome {
            Outcome::Scored(Scored {
                exit,
                id,
                overall,
                level,
                rows: checks,
            }) => {
                let result = "ok";
                serde_json::to_string(&ScoredLine {
                    unit,
                    result,
                    exit: *exit,
                    id,
                    overall,
                    level,
                    checks,
                })
            }
            Outcome::Refused { exit, messages } => {
                let result = "refused";
                serde_json::to_string(&RefusedLine {
                    unit,
                    result,
                    exit: *exit,
                    messages,
                })
            }
        };
        let mut text = line.unwrap_or_default();
        text.push('\n');
        text
    }

    /// Exit status of `systemd-analyze`.
    pub fn exit(&self) -> i32 {
        match &self.outcome {
            Outcome::Scored(scored) => scored.exit,
            Outcome::Refused { exit, .. } => *exit,
        }
    }
}

impl Row {
    fn to_columns(&self) -> String {
        let mark = match self.set {
            Some(true) => "+",
            Some(false) => "-",
            None => ".",
        };
        let exposure = self.exposure.as_deref().unwrap_or(".");
        let description = self.description.as_deref().unwrap_or(".");
        format!("{}\t{mark}\t{exposure}\t{description}", self.check)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(4)?;
        tuple.serialize_element(&self.check)?;
        tuple.serialize_element(&self.set)?;
        tuple.serialize_element(&self.exposure)?;
        tuple.serialize_element(&self.description)?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (check, set, exposure, description) = Deserialize::deserialize(deserializer)?;
        Ok(Self {
            check,
            set,
            exposure,
            description,
        })
    }
}

#[derive(Deserialize)]
struct Line {
    exit: i32,
    #[serde(default)]
    id: String,
    #[serde(default)]
    overall: String,
    #[serde(default)]
    level: String,
    checks: Option<Vec<Row>>,
    #[serde(default)]
    messages: Vec<String>,
}

#[derive(Serialize)]
struct ScoredLine<'a> {
    unit: &'a str,
    result: &'static str,
    exit: i32,
    id: &'a str,
    overall: &'a str,
    level: &'a str,
    checks: &'a [Row],
}

#[derive(Serialize)]
struct RefusedLine<'a> {
    unit: &'a str,
    result: &'static str,
    exit: i32,
    messages: &'a [String],
}

fn code(index: usize) -> String {
    let digit = |value: usize| char::from(DIGITS[value % DIGITS.len()]);
    [digit(index / DIGITS.len()), digit(index)].iter().collect()
}

fn parse_row(text: &str) -> Option<(&str, Row)> {
    let mut columns = text.splitn(5, '\t');
    let code = columns.next().filter(|code| code.len() == 2)?;
    let check = columns.next()?.to_owned();
    let set = match columns.next()? {
        "+" => Some(true),
        "-" => Some(false),
        "." => None,
        _ => return None,
    };
    let mut optional = || {
        columns
            .next()
            .map(|text| (text != ".").then(|| text.to_owned()))
    };
    let (exposure, description) = (optional()?, optional()?);
    Some((
        code,
        Row {
            check,
            set,
            exposure,
            description,
        },
    ))
}

fn parse_unit(text: &str, rows: &HashMap<&str, Row>) -> Option<Recorded> {
    let mut columns = text.split('\t');
    let path = columns.next()?.to_owned();
    let exit = columns.next()?.parse().ok()?;
    let mut text = || columns.next().map(str::to_owned);
    let (id, overall, level, codes) = (text()?, text()?, text()?, text()?);
    let code_count = codes.len() / 2;
    let rows = (0..code_count)
        .map(|index| rows.get(codes.get(2 * index..2 * index + 2)?).cloned())
        .collect::<Option<_>>()?;
    Some(Recorded {
        path,
        outcome: Outcome::Scored(Scored {
            exit,
            id,
            overall,
            level,
            rows,
        }),
    })
}

fn parse_refused(text: &str) -> Option<Recorded> {
    let mut columns = text.splitn(3, '\t');
    let path = columns.next()?.to_owned();
    let exit = columns.next()?.parse().ok()?;
    let messages = serde_json::from_str(columns.next()?).ok()?;
    Some(Recorded {
        path,
        outcome: Outcome::Refused { exit, messages },
    })
}

//! Policy files of systemd-analyze (`--security-policy=`): own weights, ranges and texts.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::CHECKS;

/// A policy.
#[derive(Debug)]
pub struct Policy {
    /// One place a check.
    checks: Vec<Option<Adapted>>,
    /// Keys that name no check, and keys and types that systemd ignores.
    ignored: Vec<String>,
}

/// What a policy says about one check.
#[derive(Debug, Default)]
pub(crate) struct Adapted {
    pub(crate) weight: Option<u64>,
    pub(crate) range: Option<u64>,
    pub(crate) good: Option<String>,
    pub(crate) bad: Option<String>,
    pub(crate) not_applicable: Option<String>,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file is no strict JSON.
    #[error("line {line}, column {column}: {reason}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// A range is smaller than a badness that occurs.
    #[error(
        "the range {range} of {id} is smaller than the badness {badness} that this unit has; choose a range of at \
         least {badness}"
    )]
    RangeTooSmall {
        /// The check.
        id: &'static str,
        /// The range of the policy.
        range: u64,
        /// The badness.
        badness: u64,
    },
    /// No check that applies has a weight.
    #[error("no check that applies to this unit has a weight above 0, so there is no level")]
    NoWeight,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// The text is not strict JSON. Anything else that makes no sense is ignored, as systemd does, and listed in
    /// [`Policy::ignored`].
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let json: Json = serde_json::from_str(text).map_err(|error| PolicyError::Syntax {
            line: error.line(),
            column: error.column(),
            reason: error.to_string(),
        })?;
        let mut policy = Self {
            checks: CHECKS.iter().map(|_| None).collect(),
            ignored: Vec::new(),
        };
        let Json::Object(members) = json else {
            policy
                .ignored
                .push("the whole file, which is no JSON object".to_owned());
            return Ok(policy);
        };
        for (id, value) in members {
            let at = CHECKS.iter().position(|check| check.id == id);
            let place = at.and_then(|at| policy.checks.get_mut(at));
            match (place, value) {
                (Some(place @ None), Json::Object(keys)) => {
                    *place = Some(Adapted::read(&id, keys, &mut policy.ignored));
                }
                (Some(Some(_)), _) => policy
                    .ignored
                    .push(format!("{id}: named twice, the first counts")),
                (Some(None), _) => policy.ignored.push(format!("{id}: no JSON object")),
                (None, _) => policy.ignored.push(format!("{id}: no check has this id")),
            }
        }
        Ok(policy)
    }

    /// What the file says in vain.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    pub(crate) fn check(&self, at: usize) -> Option<&Adapted> {
        self.checks.get(at)?.as_ref()
    }
}

impl Adapted {
    fn read(id: &str, keys: Vec<(String, Json)>, ignored: &mut Vec<String>) -> Self {
        let mut adapted = Self::default();
        for (key, value) in keys {
            let number = match key.as_str() {
                "weight" => Some(&mut adapted.weight),
                "range" => Some(&mut adapted.range),
                _ => None,
            };
            if let Some(place) = number {
                match value {
                    Json::Whole(whole) if place.is_none() => *place = Some(whole),
                    _ => ignored.push(format!("{id}.{key}: no whole number, or named twice")),
                }
                continue;
            }
            let text = match key.as_str() {
                "description_good" => &mut adapted.good,
                "description_bad" => &mut adapted.bad,
                "description_na" => &mut adapted.not_applicable,
                _ => {
                    ignored.push(format!("{id}.{key}: unknown key"));
                    continue;
                }
            };
            match value {
                Json::Text(value) if text.is_none() => *text = Some(value),
                _ => ignored.push(format!("{id}.{key}: no string, or named twice")),
            }
        }
        adapted
    }
}

/// JSON that keeps doubled keys, since the first one counts.
enum Json {
    Object(Vec<(String, Self)>),
    Whole(u64),
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        // 2^53: beyond it a float is no exact whole number.
        let exact = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
        Ok(if exact {
            Json::Whole(number as u64)
        } else {
            Json::Other
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<Json>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_ignored() {
        let text = r#"{"PrivateTmp": {"weight": 1e3, "range": -1, "x": 1}, "PrivateTmp=": {}, "UMask": 1,
                       "PrivateTmp": {"weight": 5}}"#;
        let policy = Policy::parse(text).unwrap_or_else(|e| panic!("{e}"));
        let at = CHECKS
            .iter()
            .position(|c| c.id == "PrivateTmp")
            .unwrap_or_default();
        assert_eq!(policy.check(at).and_then(|a| a.weight), Some(1000));
        assert_eq!(policy.ignored().len(), 5);
        assert!(Policy::parse("").is_err());
        assert!(Policy::parse("{} x").is_err());
        assert!(Policy::parse("{,}").is_err());
        assert!(Policy::parse("[1]").is_ok_and(|policy| policy.ignored().len() == 1));
    }
}

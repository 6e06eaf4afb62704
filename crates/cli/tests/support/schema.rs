//! As much of JSON Schema as the project's own schemas use.

use serde_json::Value;

/// What is wrong with a value; a field that the schema does not name counts, too, so that none is undocumented.
pub(crate) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut checker = Checker {
        root: schema,
        problems: Vec::new(),
    };
    checker.check(schema, value, "$", &[]);
    checker.problems
}

struct Checker<'s> {
    root: &'s Value,
    problems: Vec<String>,
}

impl<'s> Checker<'s> {
    /// Checks a value; `known` are fields that a schema around this one names.
    fn check(&mut self, schema: &'s Value, value: &Value, at: &str, known: &[&str]) {
        let names = |key: &str| match schema.get(key).and_then(Value::as_object) {
            Some(map) => map.keys().map(String::as_str).collect(),
            None => Vec::new(),
        };
        let known = [known, &names("properties")].concat();
        for (keyword, rule) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "properties" => {}
                "$ref" => {
                    let pointer = rule.as_str().unwrap().trim_start_matches('#');
                    let target = self.root.pointer(pointer).unwrap();
                    self.check(target, value, at, &known);
                }
                "anyOf" => self.any(rule, value, at, &known),
                "type" => self.kind(rule, value, at),
                "const" => self.hold(rule == value, at, "has another value"),
                "enum" => {
                    let allowed = rule.as_array().unwrap();
                    self.hold(allowed.contains(value), at, "is none of the allowed words");
                }
                "minimum" => {
                    let low = value.as_f64().is_some_and(|v| v < rule.as_f64().unwrap());
                    self.hold(!low, at, "is too small");
                }
                "maximum" => {
                    let high = value.as_f64().is_some_and(|v| v > rule.as_f64().unwrap());
                    self.hold(!high, at, "is too large");
                }
                "required" => {
                    for name in rule.as_array().unwrap() {
                        let is_there = value.get(name.as_str().unwrap()).is_some();
                        self.hold(is_there, at, &format!("lacks {name}"));
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{at}[{index}]"), &[]);
                    }
                }
                other => panic!("the schema uses {other}, which is not checked"),
            }
        }
        let Some(properties) = schema.get("properties") else {
            return;
        };
        for (name, field) in value.as_object().into_iter().flatten() {
            match properties.get(name) {
                Some(rule) => self.check(rule, field, &format!("{at}.{name}"), &[]),
                // A schema that builds on another one is checked with the other's fields.
                None if schema.get("$ref").is_some() || known.contains(&name.as_str()) => {}
                None => self.problems.push(format!("{at}.{name} is not documented")),
            }
        }
    }

    fn any(&mut self, rules: &'s Value, value: &Value, at: &str, known: &[&str]) {
        let before = self.problems.len();
        for rule in rules.as_array().unwrap() {
            let mut attempt = Checker {
                root: self.root,
                problems: Vec::new(),
            };
            attempt.check(rule, value, at, known);
            if attempt.problems.is_empty() {
                self.problems.truncate(before);
                return;
            }
            self.problems.extend(attempt.problems);
        }
    }

    fn kind(&mut self, rule: &Value, value: &Value, at: &str) {
        let is = |name: &Value| match name.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other} is no type"),
        };
        let fits = match rule {
            Value::Array(names) => names.iter().any(is),
            name => is(name),
        };
        self.hold(fits, at, &format!("is not of type {rule}"));
    }

    fn hold(&mut self, holds: bool, at: &str, problem: &str) {
        if !holds {
            self.problems.push(format!("{at} {problem}"));
        }
    }
}

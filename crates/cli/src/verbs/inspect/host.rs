//! `unitward inspect --host`: what can be enforced here.

use std::fmt::Write as _;

use serde_json::json;
use unitward_catalog::Capabilities;
use unitward_inspect::{Feature, features};
use unitward_sandbox::{Enforcement, Host};
use unitward_settings::Settings;

use super::{beside, json as form};
use crate::args;
use crate::error::Error;
use crate::exit::Exit;
use crate::ui::{self, Pager, Paint};
use crate::units::Units;
use crate::version;

/// Shows the table.
pub(super) fn run(args: &args::Inspect, pager: Pager) -> Result<Exit, Error> {
    let units = Units::new(&args.source, version::of_source(&args.source))?;
    let resolve = |text: &str| -> Option<Settings> {
        let resolution = unitward_settings::resolve(&beside::bare(text)?, &units.aim());
        resolution.is_accepted().then_some(resolution.settings)
    };
    let host = Host::read();
    let features = features(&host, &resolve);
    let text = match args.json {
        true => json(&host, &features),
        false => words(&host, &features),
    };
    ui::page(&text, pager)?;
    let whole = features
        .iter()
        .all(|one| one.enforcement == Enforcement::Enforced);
    Ok(if whole { Exit::Clean } else { Exit::Findings })
}

fn json(host: &Host, features: &[Feature]) -> String {
    let rows: Vec<_> = features
        .iter()
        .map(|feature| {
            let mut value = serde_json::to_value(&feature.enforcement).unwrap_or_default();
            if let Some(fields) = value.as_object_mut() {
                fields.insert("setting".to_owned(), json!(feature.setting));
            }
            value
        })
        .collect();
    let value = json!({
        "version": form::VERSION,
        "host": {
            "kernel": format!("{}.{}", host.kernel.0, host.kernel.1),
            "user": host.uid,
            "capabilities": names(host),
            "first_user_namespace": host.is_first_user_namespace,
            "security_modules": host.modules,
        },
        "features": rows,
    });
    format!("{value:#}\n")
}

fn names(host: &Host) -> Vec<String> {
    let set = host.capabilities.intersection(Capabilities::NAMED);
    set.iter().map(unitward_inspect::capability).collect()
}

fn words(host: &Host, features: &[Feature]) -> String {
    let paint = Paint::of_stdout();
    let mut text = String::new();
    let lacking = Capabilities::NAMED.without(host.capabilities);
    let capabilities = match lacking.iter().count() {
        0 => "all capabilities".to_owned(),
        count if count < 8 => {
            let list: Vec<String> = lacking.iter().map(unitward_inspect::capability).collect();
            format!("all capabilities but {}", list.join(" "))
        }
        _ if names(host).is_empty() => "no capabilities".to_owned(),
        _ => names(host).join(" "),
    };
    let users = match host.is_first_user_namespace {
        true => "the first user namespace",
        false => "a user namespace",
    };
    let _ = writeln!(
        text,
        "Linux {}.{}, user {} in {users}, with {capabilities}.\nSecurity modules: {}.\n",
        host.kernel.0,
        host.kernel.1,
        host.uid,
        if host.modules.is_empty() {
            "none known".to_owned()
        } else {
            host.modules.join(", ")
        },
    );
    let widest = features
        .iter()
        .map(|one| one.setting.len())
        .max()
        .unwrap_or_default();
    for feature in features {
        let (how, reason) = match &feature.enforcement {
            Enforcement::Enforced => ("enforced", ""),
            Enforcement::Partly(reason) => ("partly", reason.as_str()),
            Enforcement::NotPossibleHere(reason) => ("not possible", reason.as_str()),
            Enforcement::NotOfTheSandbox => ("not of the sandbox", ""),
        };
        let shown = match feature.enforcement {
            Enforcement::NotPossibleHere(_) => paint.red(&format!("{how:12}")),
            Enforcement::Partly(_) => paint.bold(&format!("{how:12}")),
            _ => format!("{how:12}"),
        };
        let line = format!(
            "{:widest$}  {shown}  {}",
            feature.setting,
            ui::printable(reason)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

//! The machine formats of `unitward check`, and its HTML page, as a caller sees them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use support::{data, expect, schema, unitward};

/// The output of a check of the example units. Only some rules run, so that new ones do not change it.
fn check(format: &str) -> String {
    let select = "--select=UWX005,UWX008,UWX009,UWC001";
    let arguments = [
        "check",
        "--systemd=257",
        "--host=never",
        "--config=unitward.toml",
        "--threshold=5.0",
        select,
        "--format",
        format,
        "units",
    ];
    let output = unitward(&data("formats"), &arguments);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn document(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join("docs").join(name)).unwrap()
}

#[test]
fn json_fits_its_schema() {
    let schema: Value = serde_json::from_str(&document("check-v1.schema.json")).unwrap();
    let output: Value = serde_json::from_str(&check("json")).unwrap();
    assert_eq!(schema::problems(&schema, &output), [""; 0]);
    let mut wrong = output;
    wrong["units"][0]["exposure"]["level"] = "9.2".into();
    wrong["units"][0]["findings"][0]["new"] = true.into();
    wrong["units"][0].as_object_mut().unwrap().remove("path");
    assert!(schema::problems(&schema, &wrong).len() >= 3);
}

#[test]
fn json_is_as_documented() {
    let document = document("json-v1.md");
    let example = document.split("```json\n").nth(1).unwrap();
    let example: Value = serde_json::from_str(example.split("```").next().unwrap()).unwrap();
    let output = check("json");
    assert_part(&example, &serde_json::from_str(&output).unwrap(), "$");
    // One unit a line, between the first and the last line.
    assert_eq!(output.lines().count(), 2 + 3);
}

/// That a value is another one whose lists were cut short.
fn assert_part(part: &Value, whole: &Value, at: &str) {
    match (part, whole) {
        (Value::Array(part), Value::Array(whole)) => {
            assert!(part.len() <= whole.len(), "{at}");
            for (index, (part, whole)) in part.iter().zip(whole).enumerate() {
                assert_part(part, whole, &format!("{at}[{index}]"));
            }
        }
        (Value::Object(part), Value::Object(whole)) => {
            let names = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                map.keys().cloned().collect()
            };
            assert_eq!(names(part), names(whole), "{at}");
            for (name, part) in part {
                assert_part(part, &whole[name], &format!("{at}.{name}"));
            }
        }
        _ => assert_eq!(part, whole, "{at}"),
    }
}

#[test]
fn sarif_results_are_as_recorded() {
    let log: Value = serde_json::from_str(&check("sarif")).unwrap();
    let run = &log["runs"][0];
    let results = serde_json::to_string_pretty(&run["results"]).unwrap();
    expect("formats/results.sarif.json", &(results + "\n"));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
    // Rules that found nothing are declared as well.
    let ids: Vec<&str> = rules
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "UWX005",
            "UWX008",
            "UWX009",
            "UWC001",
            "exposure-threshold",
            "refused-unit"
        ]
    );
    for rule in rules {
        assert!(
            !rule["shortDescription"]["text"]
                .as_str()
                .unwrap()
                .is_empty()
        );
        assert!(!rule["fullDescription"]["text"].as_str().unwrap().is_empty());
        assert!(!rule["help"]["text"].as_str().unwrap().contains('`'));
        assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
        let severity = rule["properties"]["security-severity"].as_str().unwrap();
        assert!((0.1..=10.0).contains(&severity.parse::<f64>().unwrap()));
        assert_eq!(rule["properties"]["tags"][0], "security");
    }
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn fingerprints_outlive_moved_lines() {
    let prints = |text: &str| -> Vec<String> {
        let folder = tempdir("moved");
        std::fs::write(folder.join("a.service"), text).unwrap();
        let output = unitward(
            &folder,
            &[
                "check",
                "--isolated",
                "--select=UWX009",
                "-f",
                "json",
                "a.service",
            ],
        );
        let output: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = output["units"][0]["findings"].as_array().unwrap().iter();
        findings
            .map(|finding| finding["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = prints("[Service]\nExecStart=/bin/a\nFoo=1\nFoo=1\nBar=2\n");
    let after = prints("# moved\n\n[Service]\nFoo=1\n\nExecStart=/bin/a\nFoo=1\n\nBar=2\n");
    assert_eq!(before, after);
    assert_eq!(before.iter().collect::<HashSet<_>>().len(), 3);
}

#[test]
fn junit_is_as_recorded() {
    expect("formats/expected.junit.xml", &check("junit"));
}

#[test]
fn metrics_are_as_recorded() {
    let text = check("prometheus").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    expect("formats/expected.prom", &text);
}

#[test]
fn metrics_never_repeat_a_series() {
    let folder = tempdir("twice");
    for place in ["x", "y"] {
        std::fs::create_dir_all(folder.join(place)).unwrap();
        std::fs::write(
            folder.join(place).join("a.service"),
            "[Service]\nExecStart=/bin/a\n",
        )
        .unwrap();
    }
    let arguments = [
        "check",
        "--isolated",
        "-f",
        "prometheus",
        "x",
        "y",
        "x/a.service",
    ];
    let text = String::from_utf8(unitward(&folder, &arguments).stdout).unwrap();
    let series: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("unitward_exposure_level"))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(series, _)| series)
        .collect();
    assert_eq!(series.len(), 2, "{text}");
    assert_ne!(series[0], series[1]);
}

#[test]
fn the_page_shows_every_unit() {
    let page = check("html");
    for text in [
        "<h2>example.service</h2>",
        "<h2>refused.service</h2>",
        "<h2>plain.socket</h2>",
        "over the threshold of 5.0",
        "units/example.service.d/50-local.conf",
        "Accepted: fixed in the next release, see the &lt;tracker&gt;",
        "<mark>NoNewPrivilege=yes</mark>",
        "systemd refuses this unit",
        "id=\"rule-UWX009\"",
    ] {
        assert!(page.contains(text), "{text} is missing");
    }
    // Nothing comes from elsewhere, and every link inside leads somewhere.
    assert!(!page.contains("http://") && !page.contains("https://"));
    for target in page.split("href=\"#").skip(1) {
        let id = target.split('"').next().unwrap();
        assert!(page.contains(&format!(" id=\"{id}\"")), "#{id} is missing");
    }
}

/// What stands in a unit, in its path or in the configuration never becomes markup, in any format.
#[test]
fn hostile_units_stay_text() {
    const EVIL: &str =
        "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&]]>--><svg onload=alert(3)>";
    let base = tempdir("hostile");
    let folder = base.join(EVIL.replace('/', "_"));
    std::fs::create_dir_all(&folder).unwrap();
    let unit = format!(
        "[Unit]\nDescription={EVIL}\n[Service]\nExecStart=/bin/a {EVIL}\n{EVIL}=x\nUser={EVIL}\nProtectHome={EVIL}\x01\u{202e}\n\
        [{EVIL}]\nA=b\n# unitward: ignore[*] {EVIL}\n[Service]\nProtectSystem={EVIL}\n"
    );
    std::fs::write(folder.join("a.service"), &unit).unwrap();
    std::fs::write(base.join("plain.service"), &unit).unwrap();
    let config = format!("[[exception]]\nunit='*'\nrule='UWX009'\nreason='''{EVIL}'''\n");
    std::fs::write(base.join("unitward.toml"), config).unwrap();
    // No unit name at all: it is shown as it was asked for, in attributes too.
    let absent = format!("./{}.service", EVIL.replace('/', "_"));
    let run = |format: &str| {
        let arguments = [
            "check",
            "--host=never",
            "--threshold=1.0",
            "-f",
            format,
            ".",
            &absent,
        ];
        String::from_utf8(unitward(&base, &arguments).stdout).unwrap()
    };
    let page = run("html");
    assert_eq!(page.matches("<script").count(), 1);
    for tag in page.split('<').skip(1) {
        // What is left of a tag without its quoted values is ours; a quote in a value would end it.
        let inner = tag.split('>').next().unwrap();
        let bare: String = inner.split('"').step_by(2).collect();
        assert!(
            !bare.contains("onerror") && !bare.contains("onload"),
            "{inner}"
        );
        assert_eq!(inner.matches('"').count() % 2, 0, "{inner}");
    }
    assert!(!page.contains('\u{1}') && !page.contains('\u{202e}'));
    for text in [run("junit"), page] {
        assert!(!text.contains("<img") && !text.contains("alert(1)</script>"));
    }
    assert!(!run("junit").contains('\u{1}'));
    serde_json::from_str::<Value>(&run("json")).unwrap();
    serde_json::from_str::<Value>(&run("sarif")).unwrap();
    for line in run("prometheus").lines() {
        assert!(
            line.starts_with("# ") || line.starts_with("unitward_"),
            "{line}"
        );
    }
}

#[test]
fn formats_are_the_same_every_time() {
    for format in ["json", "sarif", "junit", "prometheus", "html"] {
        assert_eq!(check(format), check(format), "{format}");
    }
}

/// An empty folder of this test's own.
fn tempdir(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

//! Settings for single block devices (systemd.resource-control(5), "IO Accounting and Control").

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::keyed::Keyed;
use super::number::weight;
use super::path::either;
use super::size::size;
use super::time::{self, microseconds};
use crate::context::{Assigned, Context};
use crate::setting::Item;
use crate::show::Shown;

/// IODeviceWeight=: weights from 1 to 10000.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceWeights(pub Vec<Item<DeviceValue>>);

/// IOReadBandwidthMax= and its siblings: bytes or operations a second; `u64::MAX` for no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLimits(pub Keyed<DeviceValue>);

/// IODeviceLatencyTargetSec=: microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLatencies(pub Vec<Item<DeviceValue>>);

/// A value for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceValue {
    /// A device node, or any path on the device.
    pub path: String,
    /// The value.
    pub value: u64,
}

/// One line: a path and a value. None when it is ignored.
fn read(
    text: &str,
    cx: &mut Context<'_>,
    expected: &'static str,
    parse: fn(&str) -> Option<u64>,
) -> Option<Item<DeviceValue>> {
    let mut words = Words::new(text, Mode::UNQUOTE);
    let device = words.next().and_then(Result::ok);
    let Some((device, value)) = device.zip(parse(words.rest())) else {
        cx.ignored(text, expected);
        return None;
    };
    let origin = cx.origin;
    let path = cx.expand(&device.text);
    match path.map(|path| either(&path, cx.version)) {
        Ok(Some(path)) => {
            let value = DeviceValue { path, value };
            return Some(Item { value, origin });
        }
        Ok(None) => cx.ignored(text, "a path without .."),
        Err(error) => cx.ignored(text, error),
    };
    None
}

/// Adds a line to a list in which a device may stand more than once.
fn append(
    list: &mut Vec<Item<DeviceValue>>,
    text: &str,
    cx: &mut Context<'_>,
    expected: &'static str,
    parse: fn(&str) -> Option<u64>,
) -> Assigned {
    if text.is_empty() {
        list.clear();
        return Assigned::Reset;
    }
    let before = list.len();
    list.extend(read(text, cx, expected, parse));
    if list.len() > before {
        Assigned::Set
    } else {
        Assigned::Ignored
    }
}

impl Value for DeviceWeights {
    const PARSER: &'static str = "device-value";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let expected = "a device and a weight from 1 to 10000";
        append(&mut self.0, text, cx, expected, |text| {
            weight(text).map(u64::from)
        })
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in self.0.iter().rev() {
            shown.put(format!("{} {}", value.path, value.value));
        }
    }
}

impl Value for DeviceLimits {
    const PARSER: &'static str = "device-value";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let expected = "a device and a limit such as 5M, or infinity";
        let limit = |text: &str| match text {
            "infinity" => Some(u64::MAX),
            _ => size(text, 1000).filter(|limit| *limit > 0),
        };
        let Some(item) = read(text, cx, expected, limit) else {
            return Assigned::Ignored;
        };
        self.0.insert(item.value.path.clone(), item);
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in self
            .0
            .iter()
            .rev()
            .filter(|item| item.value.value < u64::MAX)
        {
            shown.put(format!("{} {}", value.path, value.value));
        }
    }
}

impl Value for DeviceLatencies {
    const PARSER: &'static str = "device-value";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        append(
            &mut self.0,
            text,
            cx,
            "a device and a time span such as 25ms",
            |text| microseconds(text, 1_000_000),
        )
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in self.0.iter().rev() {
            shown.put_as(
                "IODeviceLatencyTargetUSec",
                format!("{} {}", value.path, time::shown(value.value)),
            );
        }
    }
}

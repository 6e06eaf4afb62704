//! Unit names.

use unitward_unit::UnitName;
use unitward_unit::name::{escape, path_unescape, unescape};

/// Any text as a unit name and as a text to escape: what is taken apart fits together again.
pub fn unit_name(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(name) = UnitName::parse(&text) {
        assert_eq!(name.as_str(), text);
        assert_eq!(
            name.is_template() || name.is_instance(),
            name.instance().is_some()
        );
        if let (Some(template), Some(instance)) = (name.template(), name.instance()) {
            assert!(template.is_template());
            assert_eq!(template.with_instance(instance).ok().as_ref(), Some(&name));
        }
        let dirs = name.drop_in_dirs();
        assert!(dirs.iter().all(|dir| dir.ends_with(".d")), "{dirs:?}");
        let all: std::collections::HashSet<_> = dirs.iter().collect();
        assert_eq!(all.len(), dirs.len(), "a directory twice");
    }
    let _ = path_unescape(&text);
    if !text.contains('\0') {
        let escaped = escape(&text);
        assert_eq!(
            unescape(&escaped).as_deref(),
            Ok(text.as_ref()),
            "{escaped}"
        );
    }
}

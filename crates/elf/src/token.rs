//! The tokens that the loaders replace in names and lists of directories, ld.so(8).

use std::borrow::Cow;

/// What the tokens stand for, for one object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens<'a> {
    /// `$ORIGIN`: the directory that the object is in.
    pub(crate) origin: &'a [u8],
    /// `$LIB`.
    pub(crate) lib: &'a [u8],
    /// `$PLATFORM`.
    pub(crate) platform: &'a [u8],
}

impl Tokens<'_> {
    /// Replaces `$NAME` and `${NAME}`; unknown names stay. The result is cut off after
    /// `limit` bytes, for a path that long is no path.
    pub(crate) fn expand<'t>(&self, text: &'t [u8], limit: usize) -> Cow<'t, [u8]> {
        if !text.contains(&b'$') {
            return Cow::Borrowed(text);
        }
        let mut expanded = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
            if expanded.len() > limit {
                break;
            }
            let (before, token) = rest.split_at(at);
            expanded.extend_from_slice(before);
            match self.value(token) {
                Some((value, behind)) => {
                    expanded.extend_from_slice(value);
                    rest = behind;
                }
                None => {
                    expanded.push(b'$');
                    rest = token.get(1..).unwrap_or_default();
                }
            }
        }
        expanded.extend_from_slice(rest);
        Cow::Owned(expanded)
    }

    fn value<'t>(&self, token: &'t [u8]) -> Option<(&[u8], &'t [u8])> {
        let text = token.strip_prefix(b"$")?;
        let braced = text.strip_prefix(b"{");
        let text = braced.unwrap_or(text);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let (name, rest) = text.split_at(
            text.iter()
                .position(|it| !is_name(it))
                .unwrap_or(text.len()),
        );
        let rest = if braced.is_some() {
            rest.strip_prefix(b"}")?
        } else {
            rest
        };
        let value = match name {
            b"ORIGIN" => self.origin,
            b"LIB" => self.lib,
            b"PLATFORM" => self.platform,
            _ => return None,
        };
        Some((value, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tokens_are_replaced() {
        let tokens = Tokens {
            origin: b"/opt/app/bin",
            lib: b"lib64",
            platform: b"x86_64",
        };
        for (text, expanded) in [
            ("$ORIGIN/../lib", "/opt/app/bin/../lib"),
            ("${ORIGIN}/$LIB/${PLATFORM}", "/opt/app/bin/lib64/x86_64"),
            ("$ORIGINAL/${ORIGIN", "$ORIGINAL/${ORIGIN"),
            ("$$LIB$", "$lib64$"),
            ("/plain", "/plain"),
            ("", ""),
        ] {
            assert_eq!(
                tokens.expand(text.as_bytes(), 4096),
                expanded.as_bytes(),
                "{text}"
            );
        }
        assert!(
            tokens
                .expand("$ORIGIN".repeat(10_000).as_bytes(), 4096)
                .len()
                < 80_000
        );
    }
}

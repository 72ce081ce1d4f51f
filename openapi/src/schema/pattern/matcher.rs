//! A pattern, ready to be asked.

use std::fmt;
use std::sync::OnceLock;

use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;

use super::backtrack::Program;
use super::linear;
use super::parse::{Parsed, parse};

/// The most characters that a pattern may ask for at the least.
const MAX_SHORTEST: u64 = 100_000;

/// The steps taken before a pattern is compiled to be matched in linear time.
const QUICK_STEPS: u32 = 1 << 12;

/// The steps after which an answer is not waited for.
const MAX_STEPS: u32 = 1_000_000;

/// An ECMA-262 pattern. Compiled when first asked.
pub(crate) struct Pattern {
    source: String,
    parsed: Parsed,
    program: OnceLock<Program>,
    linear: OnceLock<Option<Regex>>,
}

/// Whether a pattern finds a match could not be told within its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undecided;

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern budget of {MAX_STEPS} steps is spent")
    }
}

impl Pattern {
    /// Reads a pattern; the error says why it cannot be used.
    pub(crate) fn read(source: &str) -> Result<Self, String> {
        let parsed = parse(source)?;
        let shortest = parsed.root.shortest();
        if shortest > MAX_SHORTEST {
            return Err(format!(
                "it asks for {shortest} characters at the least, where {MAX_SHORTEST} are the most"
            ));
        }
        Ok(Self { source: source.to_owned(), parsed, program: OnceLock::new(), linear: OnceLock::new() })
    }

    /// The pattern as the document has it.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The fewest characters of a text that has a match, and the most where it must match as a whole, as far as that is
    /// plain to see.
    pub(crate) fn lengths(&self) -> (u64, Option<u64>) {
        (self.parsed.root.shortest(), self.parsed.root.longest_text())
    }

    /// How many characters it speaks of, each as often as it is repeated at the most.
    pub(crate) fn size(&self) -> u64 {
        self.parsed.root.size()
    }

    /// Whether there is a match anywhere in a text. Takes time linear in the text, or [`MAX_STEPS`] at the most.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, Undecided> {
        let program = self.program.get_or_init(|| Program::compile(&self.parsed));
        if let Some(answer) = program.is_match(text, QUICK_STEPS) {
            return Ok(answer);
        }
        match self.linear.get_or_init(|| linear::compile(&self.parsed.root)) {
            Some(linear) => Ok(linear.is_match(text)),
            None => program.is_match(text, MAX_STEPS).ok_or(Undecided),
        }
    }

    /// What its matches are made of, as far as the `regex-syntax` crate has words for it: it matches a little more
    /// than the pattern where there is look-around or a backreference.
    pub(crate) fn to_hir(&self) -> Hir {
        linear::translate(&self.parsed.root, &self.parsed.root)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.source).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    /// What both matchers say, which must be the same.
    fn answer(pattern: &Pattern, text: &str) -> Option<bool> {
        let own = pattern.program.get_or_init(|| Program::compile(&pattern.parsed)).is_match(text, MAX_STEPS);
        let linear = linear::compile(&pattern.parsed.root).map(|linear| linear.is_match(text));
        if let (Some(own), Some(linear)) = (own, linear) {
            assert_eq!(own, linear, "{pattern:?} {text:?}");
        }
        own.or(linear)
    }

    #[test]
    fn patterns_mean_what_ecma_262_says() {
        let rows: [(&str, &[&str], &[&str]); 41] = [
            ("b", &["abc"], &["ac"]),
            ("^b$", &["b"], &["b\n", "ab", ""]),
            ("^.$", &["a", "é", "😀"], &["\n", "\r", "\u{2028}", ""]),
            (r"^\d+$", &["019"], &["٣", "a"]),
            (r"^\w$", &["_", "Z"], &["é", "-"]),
            (r"^\s$", &[" ", "\u{FEFF}", "\u{A0}", "\u{2029}"], &["a", "\u{85}"]),
            (r"^\S\D\W$", &["a-é"], &[" - ", "a1-"]),
            (r"\bcat\b", &["a cat.", "écat"], &["cats"]),
            (r"a\Bb", &["ab"], &["a b"]),
            (r"^[\w-.]+$", &["a-b.c"], &["a b"]),
            (r"^[^]$", &["\n", "x"], &[""]),
            ("[]", &[], &["", "a", "[]"]),
            (r"^[\b]$", &["\u{8}"], &["b"]),
            ("^a{,5}$", &["a{,5}"], &["aa"]),
            ("^{x}]$", &["{x}]"], &["x"]),
            ("^a{2,3}$", &["aa", "aaa"], &["a", "aaaa"]),
            ("^a{0,4294967294}$", &["", "aaaa"], &["b"]),
            ("^(a*)*$", &["", "aaa"], &["b"]),
            ("^(?:a?){3}b$", &["b", "aab"], &["aaaab"]),
            ("^(?:a?){4000000000}b$", &["b", "aaab"], &["a"]),
            ("^(?:(?=y)|x|y){3}$", &["xy", "yyy", "xyy"], &["x", "xxyy"]),
            (r"^(?:(a)|b|){5}\1$", &["", "baa", "aba"], &["abababa"]),
            ("^(a|ab)(c|bcd)$", &["abcd", "abc"], &["abd"]),
            ("^a*?b+?$", &["b", "aabb"], &["aa"]),
            (r"^(['x])a\1$", &["'a'", "xax"], &["'ax"]),
            (r"^(?:(a)|b)*\1$", &["ab", "b", "aaa"], &["c"]),
            (r"^(?<year>\d{2})-\k<year>$", &["12-12"], &["12-13"]),
            (r"^\1(a)$", &["a"], &["aa"]),
            (r"^\0\101\cA\x41\u0041\u{41}\/$", &["\0A\u{1}AAA/"], &["0"]),
            (r"^\uD83D\uDE00[\uD83D\uDE00-\uD83D\uDE02]$", &["😀😁"], &["😀"]),
            (r"^[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF]*$", &["a😀", ""], &["\u{1}"]),
            (r"^\p{Lu}\p{Script=Greek}\P{L}\pL$", &["Éα1x"], &["éα1x"]),
            (r"^\p{Alnum}\p{Punct}$", &["a!"], &["é!"]),
            (r"^(?=.*\d)(?!.*\s).{4,}$", &["abc1"], &["abcd", "a c1", "a1"]),
            (r"(?<=a\d*)b", &["a12b"], &["12b"]),
            (r"(?<!a)b", &["cb", "b"], &["ab"]),
            ("^(?i)straße$", &["STRAßE"], &["strasse"]),
            ("^(?i:A)b$", &["ab", "Ab"], &["aB"]),
            (r"\A[a-z]+\z", &["abc"], &["abc1", "\nabc"]),
            ("^(?>a+)a$", &[], &["aaa"]),
            ("^a++b$", &["aab"], &["b"]),
        ];
        for (source, matching, others) in rows {
            let pattern = Pattern::read(source).unwrap_or_else(|why| panic!("{source}: {why}"));
            for text in matching {
                assert_eq!(answer(&pattern, text), Some(true), "{source} {text:?}");
            }
            for text in others {
                assert_eq!(answer(&pattern, text), Some(false), "{source} {text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let rows = [
            ("(a", "a group that is not closed, at character 3"),
            ("a)", "a `)` that closes nothing, at character 2"),
            ("*a", "a `*` with nothing to repeat, at character 2"),
            ("a|{2}", "a quantifier with nothing to repeat, at character 4"),
            ("[a", "a class that is not closed, at character 3"),
            ("[z-a]", "a range that is out of order, at character 5"),
            ("a{2,1}", "a quantifier whose numbers are out of order, at character 7"),
            ("(?<broken", "a name that is not closed, at character 10"),
            (r"(?<a>x)\k<b>", "a reference to a group `b` that is not there, at character 13"),
            (r"\p{Nonsense}", "a property `Nonsense` that Unicode does not have, at character 3"),
            ("a\\", "a backslash at the end, at character 3"),
            ("(?~x)", "a group of an unknown kind, at character 4"),
            ("(a{1000}){1000}", "it asks for 1000000 characters at the least, where 100000 are the most"),
        ];
        for (source, why) in rows {
            assert_eq!(Pattern::read(source).map(|_| ()), Err(why.to_owned()), "{source}");
        }
        for deep in ["(".repeat(100_000), format!("a{}", "{2}".repeat(10_000)), "[a]".repeat(30_000)] {
            assert!(Pattern::read(&deep).is_err());
        }
    }

    #[test]
    fn no_pattern_takes_longer_than_its_budget() {
        let text = "a".repeat(100_000);
        let rows = [
            ("^(a+)+$", Ok(false)),
            ("^([a-zA-Z]+)*$", Ok(false)),
            ("^(a|aa)+$", Ok(false)),
            ("^(a|a?)+$", Ok(false)),
            ("(.*a){11}$", Ok(false)),
            ("(?=(a+)+b)", Err(Undecided)),
            (r"^(a+)+\1$", Err(Undecided)),
            ("^(?=.*!)(?=.*a).{8,}!$", Ok(true)),
            ("^([a-z]{0,1000}){0,1000}!$", Ok(true)),
            ("^(?:[a-z]{1,255}){1,2000}$", Err(Undecided)),
        ];
        for (source, expected) in rows {
            let pattern = Pattern::read(source).expect("a pattern");
            let start = Instant::now();
            let found = pattern.is_match(&format!("{text}!"));
            assert_eq!(found, expected, "{source}");
            // A hundredth of it is what it takes when it is optimised and the machine is idle.
            assert!(start.elapsed() < Duration::from_secs(5), "{source}: {:?}", start.elapsed());
        }
    }

    proptest! {
        /// An engine that others wrote, without the budget, is asked about the same.
        #[test]
        fn matches_are_those_of_another_engine(
            source in r"(\^?(a|b|\.|\[ab\]|\[\^b\]|\\b|\\w|\((\?:|\?=|\?!|\?<=|\?<!)?(a|b|a\*|ab)(\|b|)\)|\\1)(\*|\+|\?|\{1,2\}|\*\?)?){1,5}\$?",
            text in "[ab]{0,7}",
        ) {
            if let (Ok(pattern), Ok(other)) = (Pattern::read(&source), regress::Regex::new(&source)) {
                prop_assert_eq!(answer(&pattern, &text), Some(other.find(&text).is_some()), "{} {}", source, text);
            }
        }

        #[test]
        fn no_text_is_too_strange(source in r"[\[\](){}^$.|?*+,:=!<>\\dDwWsSbBuxpkci0-9a-f-]{0,24}", text in "[a-c!]{0,9}") {
            if let Ok(pattern) = Pattern::read(&source) {
                let _ = pattern.is_match(&text);
                let _ = pattern.to_hir();
            }
        }
    }
}

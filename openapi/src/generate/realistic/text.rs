//! Strings that a property of a name might hold.

use std::convert::Infallible;

use fake::Fake;
use fake::faker::address::en::{
    BuildingNumber, CityName, CountryCode, CountryName, SecondaryAddress, StateName, StreetName, TimeZone,
    ZipCode,
};
use fake::faker::company::en::{Buzzword, BuzzwordMiddle, BuzzwordTail, CatchPhrase, CompanyName, Industry};
use fake::faker::filesystem::en::{FileName, MimeType};
use fake::faker::internet::en::{SafeEmail, UserAgent, Username};
use fake::faker::job::en::Title as JobTitle;
use fake::faker::name::en::{FirstName, LastName};

use super::meaning::{Meaning, meaning};
use crate::generate::grammar::TextRule;
use crate::generate::seed::Dice;
use crate::generate::text::word;

/// A string for a property, the innermost of `names`; nothing where neither a format nor its name says anything, or
/// nothing short enough comes of it.
pub(in crate::generate) fn text(names: &[String], rule: &TextRule, dice: &mut Dice) -> Option<String> {
    let by_format = rule.formats.iter().find_map(|format| of_format(format));
    // Other formats have a form that names know nothing of.
    let meaning = match by_format {
        None if !rule.formats.is_empty() && rule.formats.iter().any(|format| is_strict(format)) => {
            return None;
        }
        None => meaning(names)?,
        Some(meaning) => meaning,
    };
    let mut text = of(meaning, dice);
    let longest = usize::try_from(rule.max.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    if text.chars().count() > longest
        && matches!(meaning, Meaning::Sentence | Meaning::Paragraph | Meaning::Title)
    {
        text = text.chars().take(longest).collect::<String>().trim_end().to_owned();
    }
    rule.fits(&text).then_some(text)
}

/// What a format is about, where more is to be had of it than its form.
fn of_format(format: &str) -> Option<Meaning> {
    Some(match format {
        "email" | "idn-email" => Meaning::Email,
        "uri" | "url" | "iri" => Meaning::Url,
        "hostname" | "idn-hostname" => Meaning::Host,
        "phone" => Meaning::Phone,
        "date" => Meaning::Date,
        "date-time" => Meaning::Moment,
        _ => return None,
    })
}

/// Whether a format has a form of its own that is checked.
fn is_strict(format: &str) -> bool {
    const STRICT: [&str; 14] = [
        "time",
        "duration",
        "ipv4",
        "ipv6",
        "ip",
        "uri-reference",
        "iri-reference",
        "uri-template",
        "uuid",
        "guid",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "byte",
    ];
    STRICT.contains(&format)
}

fn of(meaning: Meaning, dice: &mut Dice) -> String {
    match meaning {
        Meaning::PersonName => format!("{} {}", first_name(dice), last_name(dice)),
        Meaning::FirstName => first_name(dice),
        Meaning::LastName => last_name(dice),
        Meaning::Login => Username().fake_with_rng(&mut Numbers(dice)),
        Meaning::Email => SafeEmail().fake_with_rng(&mut Numbers(dice)),
        // Numbers that no one has (North American Numbering Plan, 555-0100 to 555-0199).
        Meaning::Phone => format!("+1-{}-555-01{:02}", 201 + dice.below(700), dice.below(100)),
        Meaning::Job => JobTitle().fake_with_rng(&mut Numbers(dice)),
        Meaning::CompanyName => CompanyName().fake_with_rng(&mut Numbers(dice)),
        Meaning::Department => Industry().fake_with_rng(&mut Numbers(dice)),
        Meaning::Street => street(dice),
        Meaning::City => CityName().fake_with_rng(&mut Numbers(dice)),
        Meaning::State => StateName().fake_with_rng(&mut Numbers(dice)),
        Meaning::Country => CountryName().fake_with_rng(&mut Numbers(dice)),
        Meaning::CountryCode => CountryCode().fake_with_rng(&mut Numbers(dice)),
        Meaning::PostalCode => ZipCode().fake_with_rng(&mut Numbers(dice)),
        Meaning::Latitude => decimal(dice.between(-600_000, 700_000), 4),
        Meaning::Longitude => decimal(dice.between(-1_800_000, 1_800_000), 4),
        Meaning::TimeZone => TimeZone().fake_with_rng(&mut Numbers(dice)),
        Meaning::Language => one(dice, &["en", "en-GB", "de", "fr", "es", "it", "nl", "pt-BR", "ja", "pl"]),
        Meaning::Currency => one(dice, &["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "CAD", "AUD"]),
        Meaning::Money => decimal(dice.between(99, 49_999), 2),
        Meaning::Percentage => (5 * (1 + dice.below(19))).to_string(),
        Meaning::Rating => (1 + dice.below(5)).to_string(),
        Meaning::Count | Meaning::Age => (18 + dice.below(40)).to_string(),
        Meaning::Year => (2015 + dice.below(11)).to_string(),
        Meaning::Month => format!("{:02}", 1 + dice.below(12)),
        Meaning::Day => format!("{:02}", 1 + dice.below(28)),
        Meaning::Moment => format!("{}T{}Z", date(dice), time(dice)),
        Meaning::Date => date(dice),
        Meaning::Time => time(dice),
        Meaning::Seconds => (1 + dice.below(3_600)).to_string(),
        Meaning::Bytes => (512 + dice.below(1 << 20)).to_string(),
        Meaning::Pixels => (40 * (1 + dice.below(40))).to_string(),
        Meaning::Port => one(dice, &["80", "443", "8080", "5432"]),
        Meaning::Identifier => hexadecimal(dice, 12),
        Meaning::Token => hexadecimal(dice, 32),
        Meaning::Hash => hexadecimal(dice, 40),
        Meaning::Url => format!("https://{}/{}", host(dice), slug(dice)),
        Meaning::Host => host(dice),
        Meaning::Address => format!("192.0.2.{}", 1 + dice.below(254)),
        // The block for documentation (RFC 7042, section 2.1.2).
        Meaning::Hardware => format!("00:00:5E:00:53:{:02X}", dice.below(256)),
        Meaning::UserAgent => UserAgent().fake_with_rng(&mut Numbers(dice)),
        Meaning::FileName => FileName().fake_with_rng(&mut Numbers(dice)),
        Meaning::Path => format!("/{}/{}", word(dice), slug(dice)),
        Meaning::MediaType => MimeType().fake_with_rng(&mut Numbers(dice)),
        Meaning::Version => format!("{}.{}.{}", 1 + dice.below(4), dice.below(20), dice.below(10)),
        Meaning::Colour => format!("#{}", hexadecimal(dice, 6)),
        Meaning::Slug => slug(dice),
        Meaning::Tag => word(dice).to_owned(),
        Meaning::Title => title(dice),
        Meaning::Sentence => sentence(dice),
        Meaning::Paragraph => format!("{} {}", sentence(dice), sentence(dice)),
        Meaning::Thing => format!("{} {}", capital(word(dice)), capital(word(dice))),
    }
}

fn first_name(dice: &mut Dice) -> String {
    FirstName().fake_with_rng(&mut Numbers(dice))
}

fn last_name(dice: &mut Dice) -> String {
    LastName().fake_with_rng(&mut Numbers(dice))
}

fn street(dice: &mut Dice) -> String {
    let number: String = BuildingNumber().fake_with_rng(&mut Numbers(dice));
    let street: String = StreetName().fake_with_rng(&mut Numbers(dice));
    if dice.chance(80) {
        return format!("{number} {street}");
    }
    let more: String = SecondaryAddress().fake_with_rng(&mut Numbers(dice));
    format!("{number} {street}, {more}")
}

fn sentence(dice: &mut Dice) -> String {
    let phrase: String = CatchPhrase().fake_with_rng(&mut Numbers(dice));
    format!("{}.", capital(&phrase.to_lowercase()))
}

fn title(dice: &mut Dice) -> String {
    let start: String = Buzzword().fake_with_rng(&mut Numbers(dice));
    let middle: String = BuzzwordMiddle().fake_with_rng(&mut Numbers(dice));
    let end: String = BuzzwordTail().fake_with_rng(&mut Numbers(dice));
    format!("{} {middle} {end}", capital(&start))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn host(dice: &mut Dice) -> String {
    format!("{}.example.com", word(dice))
}

fn slug(dice: &mut Dice) -> String {
    format!("{}-{}", word(dice), word(dice))
}

fn date(dice: &mut Dice) -> String {
    format!("{}-{:02}-{:02}", 2020 + dice.below(6), 1 + dice.below(12), 1 + dice.below(28))
}

fn time(dice: &mut Dice) -> String {
    format!("{:02}:{:02}:{:02}", 7 + dice.below(14), dice.below(60), dice.below(60))
}

fn hexadecimal(dice: &mut Dice, digits: usize) -> String {
    (0..digits).map(|_| format!("{:x}", dice.below(16))).collect()
}

/// A number with so many digits behind the point.
fn decimal(number: i128, digits: u32) -> String {
    let unit = 10_i128.pow(digits);
    let sign = if number < 0 { "-" } else { "" };
    let number = number.abs();
    format!("{sign}{}.{:0width$}", number / unit, number % unit, width = digits as usize)
}

fn one(dice: &mut Dice, list: &[&str]) -> String {
    (*dice.pick(list).unwrap_or(&"")).to_owned()
}

/// Dice as the fakers want them.
struct Numbers<'d>(&'d mut Dice);

impl rand_core::TryRng for Numbers<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.0.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

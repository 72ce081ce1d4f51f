//! What the name of a property says of its value.

/// What a value is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    PersonName,
    FirstName,
    LastName,
    Login,
    Email,
    Phone,
    Job,
    CompanyName,
    Department,
    Street,
    City,
    State,
    Country,
    CountryCode,
    PostalCode,
    Latitude,
    Longitude,
    TimeZone,
    Language,
    Currency,
    Money,
    Percentage,
    Rating,
    Count,
    Age,
    Year,
    Month,
    Day,
    Moment,
    Date,
    Time,
    Seconds,
    Bytes,
    Pixels,
    Port,
    Identifier,
    Token,
    Hash,
    Url,
    Host,
    Address,
    Hardware,
    UserAgent,
    FileName,
    Path,
    MediaType,
    Version,
    Colour,
    Slug,
    Tag,
    Title,
    Sentence,
    Paragraph,
    Thing,
}

/// The words that names end in, in the order of the alphabet, with what they mean; of several the longest counts.
const ENDINGS: &[(&str, Meaning)] = &[
    ("about", Meaning::Paragraph),
    ("access token", Meaning::Token),
    ("account name", Meaning::Login),
    ("address", Meaning::Street),
    ("address line", Meaning::Street),
    ("age", Meaning::Age),
    ("agent", Meaning::PersonName),
    ("amount", Meaning::Money),
    ("api key", Meaning::Token),
    ("assignee", Meaning::PersonName),
    ("at", Meaning::Moment),
    ("author", Meaning::PersonName),
    ("avatar", Meaning::Url),
    ("balance", Meaning::Money),
    ("bio", Meaning::Paragraph),
    ("birth date", Meaning::Date),
    ("birthday", Meaning::Date),
    ("body", Meaning::Paragraph),
    ("brand", Meaning::CompanyName),
    ("byte", Meaning::Bytes),
    ("callback", Meaning::Url),
    ("category", Meaning::Tag),
    ("checksum", Meaning::Hash),
    ("city", Meaning::City),
    ("color", Meaning::Colour),
    ("colour", Meaning::Colour),
    ("comment", Meaning::Sentence),
    ("company", Meaning::CompanyName),
    ("company name", Meaning::CompanyName),
    ("content", Meaning::Paragraph),
    ("content type", Meaning::MediaType),
    ("cost", Meaning::Money),
    ("count", Meaning::Count),
    ("country", Meaning::Country),
    ("country code", Meaning::CountryCode),
    ("county", Meaning::State),
    ("created", Meaning::Moment),
    ("created by", Meaning::PersonName),
    ("currency", Meaning::Currency),
    ("currency code", Meaning::Currency),
    ("customer", Meaning::PersonName),
    ("customer name", Meaning::PersonName),
    ("date", Meaning::Date),
    ("date time", Meaning::Moment),
    ("day", Meaning::Day),
    ("department", Meaning::Department),
    ("description", Meaning::Paragraph),
    ("detail", Meaning::Sentence),
    ("digest", Meaning::Hash),
    ("discount", Meaning::Percentage),
    ("display name", Meaning::PersonName),
    ("dob", Meaning::Date),
    ("domain", Meaning::Host),
    ("domain name", Meaning::Host),
    ("duration", Meaning::Seconds),
    ("email", Meaning::Email),
    ("email address", Meaning::Email),
    ("employer", Meaning::CompanyName),
    ("endpoint", Meaning::Url),
    ("error message", Meaning::Sentence),
    ("etag", Meaning::Hash),
    ("family name", Meaning::LastName),
    ("fax", Meaning::Phone),
    ("fee", Meaning::Money),
    ("file", Meaning::FileName),
    ("file name", Meaning::FileName),
    ("file path", Meaning::Path),
    ("filename", Meaning::FileName),
    ("first name", Meaning::FirstName),
    ("firstname", Meaning::FirstName),
    ("folder", Meaning::Path),
    ("full name", Meaning::PersonName),
    ("given name", Meaning::FirstName),
    ("handle", Meaning::Login),
    ("hash", Meaning::Hash),
    ("headline", Meaning::Title),
    ("height", Meaning::Pixels),
    ("homepage", Meaning::Url),
    ("host", Meaning::Host),
    ("host name", Meaning::Host),
    ("hostname", Meaning::Host),
    ("href", Meaning::Url),
    ("icon", Meaning::Url),
    ("id", Meaning::Identifier),
    ("image", Meaning::Url),
    ("ip", Meaning::Address),
    ("ip address", Meaning::Address),
    ("job title", Meaning::Job),
    ("keyword", Meaning::Tag),
    ("label", Meaning::Tag),
    ("lang", Meaning::Language),
    ("language", Meaning::Language),
    ("last modified", Meaning::Moment),
    ("last name", Meaning::LastName),
    ("lastname", Meaning::LastName),
    ("lat", Meaning::Latitude),
    ("latitude", Meaning::Latitude),
    ("lng", Meaning::Longitude),
    ("locale", Meaning::Language),
    ("login", Meaning::Login),
    ("logo", Meaning::Url),
    ("lon", Meaning::Longitude),
    ("longitude", Meaning::Longitude),
    ("mac", Meaning::Hardware),
    ("mac address", Meaning::Hardware),
    ("manufacturer", Meaning::CompanyName),
    ("media type", Meaning::MediaType),
    ("message", Meaning::Sentence),
    ("middle name", Meaning::FirstName),
    ("mime type", Meaning::MediaType),
    ("mobile", Meaning::Phone),
    ("modified", Meaning::Moment),
    ("month", Meaning::Month),
    ("name", Meaning::Thing),
    ("nick name", Meaning::Login),
    ("nickname", Meaning::Login),
    ("note", Meaning::Sentence),
    ("occupation", Meaning::Job),
    ("organisation", Meaning::CompanyName),
    ("organization", Meaning::CompanyName),
    ("owner", Meaning::PersonName),
    ("path", Meaning::Path),
    ("percent", Meaning::Percentage),
    ("percentage", Meaning::Percentage),
    ("phone", Meaning::Phone),
    ("phone number", Meaning::Phone),
    ("photo", Meaning::Url),
    ("port", Meaning::Port),
    ("position", Meaning::Job),
    ("post code", Meaning::PostalCode),
    ("postal code", Meaning::PostalCode),
    ("postcode", Meaning::PostalCode),
    ("price", Meaning::Money),
    ("profession", Meaning::Job),
    ("province", Meaning::State),
    ("quantity", Meaning::Count),
    ("rating", Meaning::Rating),
    ("reason", Meaning::Sentence),
    ("role", Meaning::Job),
    ("secret", Meaning::Token),
    ("sha", Meaning::Hash),
    ("size", Meaning::Bytes),
    ("slug", Meaning::Slug),
    ("street", Meaning::Street),
    ("street address", Meaning::Street),
    ("subject", Meaning::Title),
    ("subtitle", Meaning::Title),
    ("summary", Meaning::Sentence),
    ("surname", Meaning::LastName),
    ("tag", Meaning::Tag),
    ("tax", Meaning::Money),
    ("telephone", Meaning::Phone),
    ("text", Meaning::Sentence),
    ("time", Meaning::Time),
    ("time zone", Meaning::TimeZone),
    ("timestamp", Meaning::Moment),
    ("timezone", Meaning::TimeZone),
    ("title", Meaning::Title),
    ("token", Meaning::Token),
    ("town", Meaning::City),
    ("updated", Meaning::Moment),
    ("uri", Meaning::Url),
    ("url", Meaning::Url),
    ("user", Meaning::Login),
    ("user agent", Meaning::UserAgent),
    ("user name", Meaning::Login),
    ("username", Meaning::Login),
    ("vendor", Meaning::CompanyName),
    ("version", Meaning::Version),
    ("website", Meaning::Url),
    ("width", Meaning::Pixels),
    ("year", Meaning::Year),
    ("zip", Meaning::PostalCode),
    ("zip code", Meaning::PostalCode),
];

/// Who has the name of a person.
const PEOPLE: &[&str] = &[
    "admin",
    "agent",
    "applicant",
    "approver",
    "artist",
    "assignee",
    "attendee",
    "author",
    "buyer",
    "candidate",
    "client",
    "collaborator",
    "contact",
    "creator",
    "customer",
    "driver",
    "editor",
    "employee",
    "guest",
    "holder",
    "lead",
    "manager",
    "member",
    "operator",
    "owner",
    "participant",
    "passenger",
    "patient",
    "payee",
    "payer",
    "person",
    "player",
    "profile",
    "recipient",
    "reviewer",
    "seller",
    "sender",
    "speaker",
    "student",
    "teacher",
    "user",
    "visitor",
];

/// What has the name of a company.
const COMPANIES: &[&str] = &[
    "bank",
    "brand",
    "business",
    "carrier",
    "company",
    "employer",
    "enterprise",
    "manufacturer",
    "merchant",
    "org",
    "organisation",
    "organization",
    "provider",
    "publisher",
    "shop",
    "store",
    "supplier",
    "vendor",
];

/// What the value of a property is about, by its name and by what holds it, the innermost last.
pub(super) fn meaning(names: &[String]) -> Option<Meaning> {
    let (name, owners) = names.split_last()?;
    let own = words(name);
    match ending(&own)? {
        Meaning::Thing if own.len() == 1 => {
            Some(owners.last().map_or(Meaning::Thing, |owner| of_owner(owner)))
        }
        Meaning::Thing => Some(of_owner(&own[..own.len() - 1].join(" "))),
        meaning => Some(meaning),
    }
}

/// What the name of a thing is like.
fn of_owner(owner: &str) -> Meaning {
    let words = words(owner);
    let Some(last) = words.last() else { return Meaning::Thing };
    let is_among = |list: &[&str]| list.contains(&last.as_str()) || list.contains(&singular(last));
    match ending(&words) {
        _ if is_among(PEOPLE) => Meaning::PersonName,
        _ if is_among(COMPANIES) => Meaning::CompanyName,
        Some(
            meaning @ (Meaning::City
            | Meaning::Country
            | Meaning::State
            | Meaning::Street
            | Meaning::Department
            | Meaning::FileName
            | Meaning::Tag
            | Meaning::Language),
        ) => meaning,
        _ => Meaning::Thing,
    }
}

/// What the longest ending of a name that is known means.
fn ending(words: &[String]) -> Option<Meaning> {
    let known = |text: &str| {
        let index = ENDINGS.binary_search_by_key(&text, |(ending, _)| *ending).ok()?;
        Some(ENDINGS[index].1)
    };
    (0..words.len()).find_map(|start| {
        let text = words[start..].join(" ");
        known(&text).or_else(|| known(singular(&text)))
    })
}

fn singular(text: &str) -> &str {
    text.strip_suffix('s').unwrap_or(text)
}

/// The words of a name in small letters: `lastName`, `last_name` and `Last-Name` have the same two. Digits part words
/// and are none.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    let mut was_small = false;
    for own in name.chars() {
        if !own.is_alphabetic() {
            is_inside = false;
            continue;
        }
        let is_start = !is_inside || (own.is_uppercase() && was_small);
        (is_inside, was_small) = (true, own.is_lowercase());
        match words.last_mut() {
            Some(word) if !is_start => word.extend(own.to_lowercase()),
            _ => words.push(own.to_lowercase().collect()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_in_order() {
        assert!(ENDINGS.is_sorted_by_key(|(ending, _)| *ending));
    }

    #[test]
    fn names_mean_what_they_end_in() {
        let rows = [
            ("email", Some(Meaning::Email)),
            ("workEmailAddress", Some(Meaning::Email)),
            ("first_name", Some(Meaning::FirstName)),
            ("created_at", Some(Meaning::Moment)),
            ("billing-country-code", Some(Meaning::CountryCode)),
            ("tags", Some(Meaning::Tag)),
            ("addressLine2", Some(Meaning::Street)),
            ("userID", Some(Meaning::Identifier)),
            ("htmlURL", Some(Meaning::Url)),
            ("companyName", Some(Meaning::CompanyName)),
            ("ownerName", Some(Meaning::PersonName)),
            ("name", Some(Meaning::Thing)),
            ("frobnicate", None),
            ("", None),
        ];
        for (name, expected) in rows {
            assert_eq!(meaning(&[name.to_owned()]), expected, "{name}");
        }
    }

    #[test]
    fn a_name_is_that_of_whatever_has_it() {
        let of = |owner: &str| meaning(&[owner.to_owned(), "name".to_owned()]);
        assert_eq!(of("Customer"), Some(Meaning::PersonName));
        assert_eq!(of("users"), Some(Meaning::PersonName));
        assert_eq!(of("PublisherAccount"), Some(Meaning::Thing));
        assert_eq!(of("company"), Some(Meaning::CompanyName));
        assert_eq!(of("cities"), Some(Meaning::Thing));
        assert_eq!(of("city"), Some(Meaning::City));
    }
}

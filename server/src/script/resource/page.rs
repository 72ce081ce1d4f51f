//! Which items a list shows, and what it says of the others.

use counterfoil_openapi::Location;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::super::decision::Refused;
use super::super::grammar::{Field, Filter, Page, SpotPlace, Start};
use super::super::scope::Scope;
use super::view::{at, put_at};
use super::{ActiveResource, key_text};
use crate::session::Listed;

/// How many items there are on a page where neither the request, the script nor the document says.
pub(in crate::script) const DEFAULT_PAGE: usize = 20;

/// How a list comes in parts, with what the document says of it.
#[derive(Debug, Default)]
pub(in crate::script) struct PagePlan {
    pub(in crate::script) page: Page,
    /// How many items the document has on a page where the request does not say.
    pub(in crate::script) documented: Option<usize>,
    /// How a body says where the next page is.
    pub(in crate::script) next: Next,
    /// Members beside the list that say what was asked for, by the names of the parameters.
    pub(in crate::script) echoed: Vec<(Vec<String>, String)>,
}

/// How a body says where the next page is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::script) enum Next {
    /// As the parameter has it.
    #[default]
    Value,
    /// By the URL of the next page.
    Url,
}

/// A page as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) body: Value,
    pub(super) headers: Vec<(String, Option<String>)>,
    /// How many items it shows.
    pub(super) shown: usize,
}

impl ActiveResource {
    /// The page that a request asks for of items.
    pub(super) fn page(&self, scope: &Scope<'_>, items: &[Listed]) -> Result<Shown, Refused> {
        let resource = &*self.resource;
        let (plan, page) = (&resource.page, &resource.page.page);
        let wanted: Vec<(&Filter, Value)> = resource
            .filters
            .iter()
            .filter_map(|filter| Some((filter, query(scope, &filter.query.name)?)))
            .collect();
        let is_wanted = |item: &Value| wanted.iter().all(|(filter, asked)| filter.admits(item, asked));
        let filtered: Vec<&Listed> = items.iter().filter(|(_, item)| is_wanted(item)).collect();
        let (from, limit) = self.part(scope, &filtered)?;
        let end = from.saturating_add(limit.unwrap_or(usize::MAX)).min(filtered.len());
        let part = filtered.get(from..end).unwrap_or_default();
        let view = self.resource.operations[self.operation].view.body.as_ref();
        let seed_of = |item: &Value| self.seed_of(&resource.key_of(item).unwrap_or_default(), 0);
        let all = || part.iter().map(|(_, item)| &**item);
        let mut body = view.map_or(Value::Null, |view| view.all(all(), seed_of));
        let mut headers = Vec::new();
        for (way, parameter) in &plan.echoed {
            let value = match &page.limit {
                Some(limit) if limit.name == *parameter => limit_of(limit_value(scope, page), page, plan),
                _ => query(scope, parameter).unwrap_or_else(|| first_of(page)),
            };
            if !value.is_null() {
                put_at(&mut body, way, value);
            }
        }
        match page.total.as_ref().map(|spot| &spot.place) {
            Some(SpotPlace::Header(name)) => headers.push((name.clone(), Some(filtered.len().to_string()))),
            Some(SpotPlace::Body(way)) => put_at(&mut body, way, json!(filtered.len())),
            None => {}
        }
        if let Some(spot) = &page.next {
            let last = part.last().filter(|_| end < filtered.len());
            let next = last.and_then(|(number, _)| next(scope, page, (from, end), *number));
            match &spot.place {
                SpotPlace::Header(name) if name.eq_ignore_ascii_case("link") => {
                    let link = next.map(|(parameter, value)| {
                        format!("<{}>; rel=\"next\"", target(scope, parameter, &value))
                    });
                    headers.push((name.clone(), link));
                }
                SpotPlace::Header(name) => {
                    headers.push((name.clone(), next.map(|(_, value)| key_text(&value))));
                }
                SpotPlace::Body(way) => {
                    let value = next.map(|(parameter, value)| match plan.next {
                        Next::Value => value,
                        Next::Url => Value::from(target(scope, parameter, &value)),
                    });
                    match value {
                        Some(value) => put_at(&mut body, way, value),
                        None => self.no_next(&mut body, way),
                    }
                }
            }
        }
        Ok(Shown { body, headers, shown: part.len() })
    }

    /// Says that there is no next page: by no member where that may be left out, else by null or an empty text.
    fn no_next(&self, body: &mut Value, way: &[String]) {
        let schema =
            self.resource.operations[self.operation].view.body.as_ref().and_then(|view| view.schema.as_ref());
        let is_valid = |body: &Value| {
            schema.is_none_or(|schema| schema.is_valid(body, counterfoil_openapi::Direction::Response))
        };
        let mut without = body.clone();
        if let Some((last, before)) = way.split_last()
            && at(&without, before).is_some()
        {
            let mut holder = &mut without;
            for step in before {
                let Some(inner) = holder.get_mut(step) else { return };
                holder = inner;
            }
            if let Some(members) = holder.as_object_mut() {
                members.remove(last);
            }
        }
        if is_valid(&without) {
            *body = without;
            return;
        }
        for nothing in [Value::Null, json!("")] {
            put_at(&mut without, way, nothing);
            if is_valid(&without) {
                break;
            }
        }
        *body = without;
    }

    /// Where the page that a request asks for begins, and how many items it has at the most. A number that the document
    /// admits but that counts nothing (a limit below zero, a page before the first) is taken for none; a cursor that is
    /// none of ours is refused.
    fn part(&self, scope: &Scope<'_>, items: &[&Listed]) -> Result<(usize, Option<usize>), Refused> {
        let (plan, page) = (&self.resource.page, &self.resource.page.page);
        let limit = whole(&limit_of(limit_value(scope, page), page, plan));
        let Some((start, named)) = &page.start else { return Ok((0, limit)) };
        let Some(value) = query(scope, &named.name) else { return Ok((0, limit)) };
        let from = match start {
            Start::Offset => whole(&value).unwrap_or(0),
            Start::Page => {
                let first = usize::try_from(page.first.unwrap_or(1)).unwrap_or(usize::MAX);
                let number = whole(&value).unwrap_or(first).saturating_sub(first);
                number.saturating_mul(limit.unwrap_or(DEFAULT_PAGE))
            }
            Start::Cursor => {
                let text = key_text(&value);
                if text.is_empty() {
                    0
                } else {
                    let number = u64::from_str_radix(&text, 16).map_err(|_| unfit(&named.name))?;
                    items.partition_point(|(known, _)| *known <= number)
                }
            }
        };
        Ok((from, limit))
    }
}

impl Filter {
    /// Whether an item has the value that is asked for, or one of them.
    fn admits(&self, item: &Value, asked: &Value) -> bool {
        let found = at(item, &self.member);
        let has = |wanted: &Value| match found {
            None => false,
            Some(Value::Array(items)) => items.iter().any(|item| key_text(item) == key_text(wanted)),
            Some(value) => key_text(value) == key_text(wanted),
        };
        match asked {
            Value::Array(any) => any.iter().any(has),
            one => has(one),
        }
    }
}

/// The value of a query parameter.
fn query(scope: &Scope<'_>, name: &str) -> Option<Value> {
    Field::Parameter(Location::Query, name.to_owned()).value(scope).map(|value| value.into_owned())
}

/// The limit that a request asks for, where it is a count.
fn limit_value(scope: &Scope<'_>, page: &Page) -> Option<Value> {
    query(scope, &page.limit.as_ref()?.name).filter(|value| whole(value).is_some())
}

/// How many items there are on a page; null where there may be any number.
fn limit_of(asked: Option<Value>, page: &Page, plan: &PagePlan) -> Value {
    asked.unwrap_or_else(|| {
        let is_open = page.start.as_ref().is_none_or(|(start, _)| *start == Start::Offset);
        let size = page.size.or(plan.documented).or_else(|| (!is_open).then_some(DEFAULT_PAGE));
        size.map_or(Value::Null, |size| json!(size))
    })
}

/// Where the first page begins, as the parameter would have it.
fn first_of(page: &Page) -> Value {
    match &page.start {
        Some((Start::Offset, _)) => json!(0),
        Some((Start::Page, _)) => json!(page.first.unwrap_or(1)),
        _ => Value::Null,
    }
}

fn whole(value: &Value) -> Option<usize> {
    key_text(value).parse().ok()
}

/// The parameter and the value that ask for the next page.
fn next<'p>(
    scope: &Scope<'_>,
    page: &'p Page,
    (from, end): (usize, usize),
    last: u64,
) -> Option<(&'p str, Value)> {
    let (start, named) = page.start.as_ref()?;
    let value = match start {
        Start::Offset => json!(end),
        Start::Page => {
            let first = page.first.unwrap_or(1);
            let now = query(scope, &named.name).and_then(|now| whole(&now)).filter(|_| from > 0);
            json!(now.map_or(first, |now| now as u64).saturating_add(1))
        }
        Start::Cursor => json!(format!("{last:x}")),
    };
    Some((&named.name, value))
}

/// The request's own target with another value of a query parameter.
fn target(scope: &Scope<'_>, parameter: &str, value: &Value) -> String {
    let request = scope.subject.request;
    let name = utf8_percent_encode(parameter, NON_ALPHANUMERIC).to_string();
    let is_other = |pair: &&str| {
        let key = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && key != parameter && key != name
    };
    let mut pairs: Vec<String> =
        request.query().unwrap_or_default().split('&').filter(is_other).map(str::to_owned).collect();
    let is_plain = parameter.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    let name = if is_plain { parameter } else { &name };
    pairs.push(format!("{name}={}", utf8_percent_encode(&key_text(value), NON_ALPHANUMERIC)));
    format!("{}?{}", request.path(), pairs.join("&"))
}

fn unfit(parameter: &str) -> Refused {
    Refused {
        status: StatusCode::BAD_REQUEST,
        code: "page-unknown",
        title: "There is no such page",
        detail: format!("the parameter `{parameter}` asks for no page"),
    }
}

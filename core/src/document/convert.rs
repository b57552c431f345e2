//! Between automerge's scalars and authors and ours.

use crate::domain::{DeviceNumber, Value};
use automerge::{Author, ScalarValue};

pub(super) fn to_scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(value) => ScalarValue::Boolean(*value),
        Value::Int(value) => ScalarValue::Int(*value),
        Value::Text(value) => ScalarValue::Str(value.as_str().into()),
        Value::Bytes(value) => ScalarValue::Bytes(value.clone()),
        Value::Time(value) => ScalarValue::Timestamp(*value),
    }
}

/// `None` for what the design does not allow in a document.
pub(super) fn from_scalar(scalar: &ScalarValue) -> Option<Value> {
    Some(match scalar {
        ScalarValue::Null => Value::Null,
        ScalarValue::Boolean(value) => Value::Bool(*value),
        ScalarValue::Int(value) => Value::Int(*value),
        ScalarValue::Str(value) => Value::Text(value.to_string()),
        ScalarValue::Bytes(value) => Value::Bytes(value.clone()),
        ScalarValue::Timestamp(value) => Value::Time(*value),
        ScalarValue::Uint(_) | ScalarValue::F64(_) | ScalarValue::Counter(_) | ScalarValue::Unknown { .. } => {
            return None;
        }
    })
}

pub(super) fn from_automerge(value: &automerge::Value<'_>) -> Option<Value> {
    from_scalar(value.as_scalar()?)
}

/// An author is a device's number in four bytes, the highest first.
pub(super) fn author(device: DeviceNumber) -> Author<'static> {
    Author::from(device.get().to_be_bytes().to_vec())
}

pub(super) fn device(author: &Author<'_>) -> Option<DeviceNumber> {
    author.as_bytes().try_into().ok().map(|bytes| DeviceNumber::new(u32::from_be_bytes(bytes)))
}

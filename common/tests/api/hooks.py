"""What Schemathesis must not do, although the description allows it."""

import schemathesis

MOST_ORDERS_AT_ONCE = 20
"""A bulk has up to 1,000,000 orders. With a few such bulks every list of orders would take seconds to read."""

MOST_ORDERS_DESCRIBED = 1_000_000


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes a bulk smaller if its count is one that the service takes. All other counts stay as they are."""
    if case.operation.definition.raw.get("operationId") != "placeOrders" or not isinstance(case.body, dict):
        return
    count = case.body.get("count")
    if type(count) is int and MOST_ORDERS_AT_ONCE < count <= MOST_ORDERS_DESCRIBED:
        case.body["count"] = MOST_ORDERS_AT_ONCE

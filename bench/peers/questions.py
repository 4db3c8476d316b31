"""The ten questions of the side-by-side measurements, as Hospes is asked them, and how its answers become the rows that the
other engines print: Q1 to Q6, Q8 to Q10 (Q7, one customer's time line, is asked for a thousand customers by `run`).

Over the year from T0 = 2025-01-01, in UTC. Times are milliseconds in the rows and seconds in the answers; numbers are read
as decimals, so that 1234 ms that stand there as 1.234 s stay 1234."""
from datetime import datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal

T0 = datetime(2025, 1, 1, tzinfo=timezone.utc)
YEAR = {"from": "2025-01-01", "to": "2026-01-01"}
FUNNEL = ["visit", "product_viewed", "cart_added", "checkout_started", "order_placed"]
ORDERS = ["order_placed", "repeat_order"]


def date(day):
	return (T0 + timedelta(days=day)).strftime("%Y-%m-%d")


def day_of(text):
	return (datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=timezone.utc) - T0).days


def ms(seconds):
	return int((Decimal(seconds) * 1000).to_integral_value(ROUND_FLOOR))


def rounded(value, digits=4):
	return float(round(float(value), digits))


LAST_30_DAYS = {"from": date(335), "to": date(365)}
PHONES = {"name": "context:device.type", "is": "phone"}

# name: (question, rows of its answer)
QUESTIONS = {
	"Q1": (
		{"kind": "trend", "interval": "day", "by": "event", "from": date(180), "to": date(210)},
		lambda a: [[day_of(r["time"]), r["by"], r["value"]] for r in a["rows"]],
	),
	"Q2": (
		{"kind": "trend", "event": "product_viewed", "measure": "customers", "interval": {"days": 7}, "by": "context:location.country", **YEAR},
		lambda a: [[day_of(r["time"]) // 7, r["by"], r["value"]] for r in a["rows"]],
	),
	"Q3": (
		{"kind": "funnel", "steps": FUNNEL, "within": {"days": 7}, "hold": "channel", "by": "channel", **YEAR},
		lambda a: [[g["by"], s["step"], s["customers"]] for g in a["groups"] for s in g["steps"] if s["customers"]],
	),
	"Q4": (
		{"kind": "retention", "start": "order_placed", "return": ORDERS, "interval": {"days": 7}, "cells": 12, "from": date(70), "to": "2026-01-01", "limit": 12},
		lambda a: [[day_of(c["start"]) // 7, k, n] for c in a["cohorts"] for k, n in enumerate(c["cells"]) if n],
	),
	"Q5": (
		{"kind": "paths", "start": "visit", "gap": {"minutes": 30}, "length": 5, "limit": 50, **YEAR},
		lambda a: [[">".join(p["events"]), p["count"]] for p in a["paths"]],
	),
	"Q6": (
		{"kind": "segment", "where": {"all": [{"did": "cart_added", "at_least": 3, **LAST_30_DAYS}, {"did": ORDERS, "exactly": 0, **LAST_30_DAYS}]}},
		lambda a: [[a["customers"]]],
	),
	"Q8": (
		{"kind": "flow", **YEAR},
		lambda a: [[e["from"], e["to"], e["count"], ms(e["mean_s"]), ms(e["median_s"])] for e in a["edges"]],
	),
	"Q9": (
		{"kind": "driver", "outcome": {"event": "nps_answered", "property": "score"}, "had": "payment_failed", "within": {"days": 14}, **YEAR},
		lambda a: [[int(g["had"]), rounded(g["mean"]), g["n"]] for g in a["groups"]],
	),
	"Q10": (
		{"kind": "duration", "start": "ticket_opened", "end": "agent_replied", "by": "channel", **YEAR},
		lambda a: [[g["by"], g["n"], ms(g["p50_s"]), ms(g["p90_s"]), ms(g["p99_s"])] for g in a["groups"]],
	),
}

# Variants of the same questions, measured beside them: a filter by a property, a breakdown by a trait (`run --joined`
# gives customers one). They have no rows to compare.
FILTERED = {f"{q}_where": {**QUESTIONS[q][0], "where": PHONES} for q in ("Q1", "Q2", "Q3", "Q5", "Q8", "Q10")}
BY_TRAIT = {
	"Q1_trait": {**QUESTIONS["Q1"][0], "by": "trait:tier"},
	"Q2_trait": {**QUESTIONS["Q2"][0], "by": "trait:tier"},
	"Q3_trait": {**QUESTIONS["Q3"][0], "by": "trait:tier"},
	"Q10_trait": {**QUESTIONS["Q10"][0], "by": "trait:tier"},
}


def timeline(customer):
	"""With the columns that every engine is asked for."""
	columns = ["context:location.country", "context:device.type", "product_id", "amount", "score", "context:sessionId"]
	return {"kind": "timeline", "customer": f"user_id:c{customer}", "properties": columns, "limit": 10000, **YEAR}


def customer_id(i, customers):
	"""The i-th of the customers whose time lines every engine is asked for."""
	return 1 + (i * 2654435761 + 12345) % customers

#!/usr/bin/env python3
"""online_retail.py: the figures of the bundled sample, computed apart from Hospes.

Shares no code with the program: Python's csv and decimal modules, plain dictionaries. The scenario tests hold every
answer of the program against test/figures/online_retail.json, which this writes.

    test/figures/online_retail.py            writes the JSON
    test/figures/online_retail.py --check    fails when the JSON differs

Definitions (all times are read as UTC; a month is a calendar month, a week an ISO week beginning on Monday):
- line: a row of the files; equal rows are all kept. Amount of a line = Quantity × UnitPrice, exact.
- invoice: the lines of one InvoiceNo, wherever they stand; its time is that of its first line.
- refund: an invoice whose number begins with C. Adjustment: a line of negative quantity on another invoice.
- order: an invoice that is no refund and has a line that is no adjustment. Its revenue is the sum over all its lines.
- customer: a CustomerID that is not empty. Lines without one count in sales and sums, in no figure of customers.
- sold units: quantity over the lines of orders that are no adjustments. Returned units: minus the quantity over refunds.
- return rate: returned units over sold units of the same period, of a product or of all.
- repeat purchase rate: customers with two or more orders over customers with one or more. Orders of one day are not merged.
- retention by month: cohort = customers by the month of their first order; cell n = those who ordered in the n-th month
  after it; cell 0 = the size. A cell whose month begins after the last line of the data is null.
"""
import collections
import csv
import datetime
import gzip
import json
import os
import sys
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, "..", "..", "sample")
OUT = os.path.join(HERE, "online_retail.json")
CELLS = 8


def read_lines():
	for name in ("online-retail-1.csv.gz", "online-retail-2.csv.gz"):
		with gzip.open(os.path.join(SAMPLE, name), "rt", encoding="utf-8", newline="") as file:
			yield from csv.DictReader(file)


def amount(line):
	return int(line["Quantity"]) * Decimal(line["UnitPrice"])


def total(lines):
	return sum(map(amount, lines), Decimal(0))


def show(value):
	"""A sum as text without trailing zeros: exact, and the same in every language."""
	text = f"{value:f}"
	return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def month_of(time):
	return time[:7]


def week_of(time):
	day = datetime.date.fromisoformat(time[:10])
	return (day - datetime.timedelta(days=day.weekday())).isoformat()


def month_number(month):
	return int(month[:4]) * 12 + int(month[5:]) - 1


def by_interval(orders, interval):
	"""Orders, revenue and distinct customers an interval."""
	table = collections.defaultdict(lambda: [0, Decimal(0), set()])
	for lines in orders:
		row = table[interval(lines[0]["InvoiceDate"])]
		row[0] += 1
		row[1] += total(lines)
		if lines[0]["CustomerID"]:
			row[2].add(lines[0]["CustomerID"])
	return {key: {"orders": n, "revenue": show(revenue), "customers": len(customers)} for key, (n, revenue, customers) in sorted(table.items())}


def retention(orders, last):
	months = collections.defaultdict(set)
	for lines in orders:
		if lines[0]["CustomerID"]:
			months[lines[0]["CustomerID"]].add(month_number(month_of(lines[0]["InvoiceDate"])))
	cohorts = collections.defaultdict(list)
	for visited in months.values():
		cohorts[min(visited)].append(visited)
	rows = {}
	for first, members in sorted(cohorts.items()):
		cells = [sum(first + n in visited for visited in members) if first + n <= month_number(month_of(last)) else None for n in range(CELLS)]
		rows[f"{first // 12}-{first % 12 + 1:02d}"] = {"size": len(members), "cells": cells}
	return rows


def products(orders, refunds):
	sold, returned, revenue = collections.Counter(), collections.Counter(), collections.defaultdict(Decimal)
	for lines in orders:
		for line in lines:
			revenue[line["StockCode"]] += amount(line)
			if int(line["Quantity"]) > 0:
				sold[line["StockCode"]] += int(line["Quantity"])
	for lines in refunds:
		for line in lines:
			returned[line["StockCode"]] -= int(line["Quantity"])

	def row(code):
		return {"product": code, "sold": sold[code], "returned": returned[code], "revenue": show(revenue[code]),
			"return_rate": returned[code] / sold[code] if sold[code] else None}
	return {
		"sold": len(sold), "returned": len(returned),
		"most_returned": [row(code) for code in sorted(returned, key=lambda c: (-returned[c], c))[:20]],
		"most_sold": [row(code) for code in sorted(sold, key=lambda c: (-sold[c], c))[:20]],
		"most_revenue": [row(code) for code in sorted(sold, key=lambda c: (-revenue[c], c))[:20]],
	}


def customers(orders, refunds):
	bought, counts, net = collections.defaultdict(Decimal), collections.Counter(), collections.defaultdict(Decimal)
	for group, is_order in ((orders, True), (refunds, False)):
		for lines in group:
			who = lines[0]["CustomerID"]
			if not who:
				continue
			net[who] += total(lines)
			if is_order:
				bought[who] += total(lines)
				counts[who] += 1
	top = sorted(bought, key=lambda c: (-bought[c], c))[:20]
	return {
		"with_orders": len(counts), "with_repeat_orders": sum(n >= 2 for n in counts.values()),
		"repeat_purchase_rate": sum(n >= 2 for n in counts.values()) / len(counts),
		"top_by_order_revenue": [{"customer": c, "orders": counts[c], "revenue": show(bought[c]), "net": show(net[c])} for c in top],
	}


def figures():
	lines = list(read_lines())
	invoices = {}
	for line in lines:
		invoices.setdefault(line["InvoiceNo"], []).append(line)
	refunds = [group for number, group in invoices.items() if number.startswith("C")]
	others = [group for number, group in invoices.items() if not number.startswith("C")]
	orders = [group for group in others if any(int(line["Quantity"]) >= 0 for line in group)]
	adjustments = [group for group in others if all(int(line["Quantity"]) < 0 for line in group)]
	known = [line for line in lines if line["CustomerID"]]
	sold = sum(int(line["Quantity"]) for group in orders for line in group if int(line["Quantity"]) > 0)
	returned = -sum(int(line["Quantity"]) for group in refunds for line in group)
	countries = collections.defaultdict(lambda: [0, Decimal(0), set()])
	for group in orders:
		row = countries[group[0]["Country"]]
		row[0] += 1
		row[1] += total(group)
		if group[0]["CustomerID"]:
			row[2].add(group[0]["CustomerID"])
	last = max(line["InvoiceDate"] for line in lines)
	return {
		"lines": len(lines), "lines_without_customer": len(lines) - len(known),
		"lines_equal_to_another": len(lines) - len({tuple(line.values()) for line in lines}),
		"customers": len({line["CustomerID"] for line in known}),
		"invoices": len(invoices), "orders": len(orders), "refunds": len(refunds), "adjustments": len(adjustments),
		"orders_without_customer": sum(not group[0]["CustomerID"] for group in orders),
		"sum_of_lines": show(total(lines)), "sum_of_lines_with_customer": show(total(known)),
		"order_revenue": show(sum(map(total, orders), Decimal(0))), "refunded": show(-sum(map(total, refunds), Decimal(0))),
		"first": min(line["InvoiceDate"] for line in lines), "last": last,
		"units": {"sold": sold, "returned": returned, "return_rate": returned / sold},
		"customers_figures": customers(orders, refunds),
		"by_month": by_interval(orders, month_of), "by_week": by_interval(orders, week_of),
		"refunds_by_month": {key: {"refunds": row["orders"], "refunded": show(-Decimal(row["revenue"]))} for key, row in by_interval(refunds, month_of).items()},
		"by_country": {name: {"orders": n, "revenue": show(revenue), "customers": len(who)} for name, (n, revenue, who) in sorted(countries.items(), key=lambda item: (-item[1][1], item[0]))},
		"products": products(orders, refunds),
		"retention_by_month": retention(orders, last),
	}


def main():
	text = json.dumps(figures(), indent=1, ensure_ascii=False) + "\n"
	if sys.argv[1:] == ["--check"]:
		with open(OUT, encoding="utf-8") as file:
			if file.read() != text:
				sys.exit("test/figures/online_retail.json differs from what the sample gives; run test/figures/online_retail.py")
		print("figures: test/figures/online_retail.json is what the sample gives")
		return
	with open(OUT, "w", encoding="utf-8") as file:
		file.write(text)


main()

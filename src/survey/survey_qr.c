/* survey_qr.c: a link as a QR code, to be printed. */
#include <qrencode.h>

#include "base/buf.h"
#include "survey/survey_inner.h"

enum { QUIET = 4, SVG_BYTES = 1 << 20 }; /* ISO/IEC 18004: four modules of white around it */

static void draw(struct buf *b, const QRcode *code)
{
	int width = code->width + 2 * QUIET;
	buf_fmt(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"", width, width, width, width);
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (code->data[y * code->width + x] & 1) buf_fmt(b, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
	buf_add(b, S("\"/></svg>\n"));
}

enum err survey__qr(struct op *op, struct answer *a, str address)
{
	struct buf b;
	QRcode *code = QRcode_encodeString8bit(str_c(&op->arena, address), 0, QR_ECLEVEL_M);
	if (!code) return fail(op, ERR_STATE, "", "the link is too long for a QR code");
	buf_init(&b, SVG_BYTES);
	draw(&b, code);
	QRcode_free(code);
	a->text = str_dup(&op->arena, buf_str(&b));
	a->content_type = S("image/svg+xml");
	buf_release(&b);
	return OK;
}

enum err survey_qr_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	id survey;
	TRY(web_id(op, w, "id", "sur", &survey));
	TRY(survey_get(op, survey, &s));
	return survey__qr(op, a, survey_address(op, w, survey_link_make(op, survey, 0, 0)));
}

import { readFile } from 'node:fs/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { NotFound } from '../../domain/errors.ts';
import type { Environment } from '../environment.ts';

/** What the page loads; nothing comes from another host. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Braid API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', validatorUrl: null });\n`;

/** Swagger UI writes style attributes and draws its icons from data addresses. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds /docs: the OpenAPI document as a page, from the installed package alone. */
export function mountDocs(app: OpenAPIHono<Environment>): void {
  app.get('/docs', (context) =>
    context.body(page, 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': pagePolicy,
    }),
  );
  app.get('/docs/start.js', (context) =>
    context.body(start, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.get('/docs/:file', async (context) => {
    const file = context.req.param('file');
    const mediaType = Object.hasOwn(files, file) ? files[file] : undefined;
    if (mediaType === undefined) throw new NotFound('Cannot find a file of this name');
    const content = await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${file}`)));
    return context.body(new Uint8Array(content), 200, {
      'Content-Type': mediaType,
      'Cache-Control': 'max-age=3600',
    });
  });
}

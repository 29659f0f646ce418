/**
 * Doors that never open: the shop's own, its administration, a WordPress and a phpMyAdmin.
 *
 * Every attempt fails in the same way and as fast as any page: whether a name exists is not told, and nothing of what
 * was typed is kept here (evidence is kept by the proxy).
 */
import type { DecoyAnswer } from './page.ts';
import { escapeHtml, HTML, redirectTo, repeated, scriptAnswer, shopPage, TEXT } from './page.ts';
import type { ReadRequest } from './request.ts';
import { parameter } from './request.ts';
import type { Site } from './site.ts';

export function shopLogin(site: Site, request: ReadRequest): DecoyAnswer {
  return shopPage(site, 200, 'Sign in', form(request, '/login.php', 'email', 'E-mail'));
}

export function administratorLogin(site: Site, request: ReadRequest): DecoyAnswer {
  return shopPage(site, 200, 'Administration', form(request, '/admin/login.php', 'username', 'User name'));
}

function form(request: ReadRequest, action: string, field: string, label: string): string {
  const failed = request.method === 'POST' ? '<p><b>The name or the password is not correct.</b></p>\n' : '';
  return `${failed}<form method="post" action="${action}">
<p><label>${label}<br><input type="text" name="${field}" value="${repeated(parameter(request, field))}"></label></p>
<p><label>Password<br><input type="password" name="password"></label></p>
<p><button type="submit">Sign in</button></p>
</form>`;
}

/** With the names of fields that tools which try passwords look for. */
export function blogLogin(site: Site, request: ReadRequest): DecoyAnswer {
  const failed =
    request.method === 'POST'
      ? '<div id="login_error"><strong>Error:</strong> The login is not correct.</div>\n'
      : '';
  const body = `<!DOCTYPE html>
<html lang="en-US">
<head>
<meta charset="UTF-8">
<title>Log In &lsaquo; ${escapeHtml(site.name)} &#8212; WordPress</title>
<meta name="robots" content="noindex, noarchive">
</head>
<body class="login wp-core-ui">
<div id="login">
${failed}<form name="loginform" id="loginform" action="/wp-login.php" method="post">
<p><label for="user_login">Username or Email Address</label>
<input type="text" name="log" id="user_login" value="${repeated(parameter(request, 'log'))}" size="20"></p>
<p><label for="user_pass">Password</label>
<input type="password" name="pwd" id="user_pass" size="20"></p>
<p class="submit"><input type="submit" name="wp-submit" id="wp-submit" value="Log In">
<input type="hidden" name="redirect_to" value="/wp-admin/"></p>
</form>
</div>
</body>
</html>
`;
  return scriptAnswer(site, 200, HTML, body);
}

export function blogAdministration(site: Site): DecoyAnswer {
  return redirectTo(site, '/wp-login.php?redirect_to=%2Fwp-admin%2F&reauth=1');
}

export function blogUsers(site: Site): DecoyAnswer {
  const users = site.users
    .slice(0, 3)
    .map(({ id, name, login }) => ({ id, name, slug: login, description: '' }));
  return scriptAnswer(site, 200, 'application/json; charset=UTF-8', JSON.stringify(users));
}

export function remoteCalls(site: Site, request: ReadRequest): DecoyAnswer {
  if (request.method !== 'POST')
    return scriptAnswer(site, 405, TEXT, 'XML-RPC server accepts POST requests only.');
  const fault =
    '<member><name>faultCode</name><value><int>403</int></value></member>' +
    '<member><name>faultString</name><value><string>The login is not correct.</string></value></member>';
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse><fault><value><struct>${fault}</struct></value></fault></methodResponse>\n`;
  return scriptAnswer(site, 200, 'text/xml; charset=UTF-8', body);
}

export function databaseLogin(site: Site, request: ReadRequest): DecoyAnswer {
  const name = parameter(request, 'pma_username');
  const failed =
    request.method === 'POST'
      ? `<div class="error" id="pma_errors">mysqli::real_connect(): (HY000/1045): Access denied for user '${repeated(name)}'@'localhost' (using password: YES)</div>\n`
      : '';
  const body = `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<title>phpMyAdmin</title>
</head>
<body id="loginform">
<h1>Welcome to <bdo dir="ltr" lang="en">phpMyAdmin</bdo></h1>
${failed}<form method="post" id="login_form" action="/phpmyadmin/index.php" name="login_form">
<p><label for="input_username">Username:</label>
<input type="text" name="pma_username" id="input_username" value="${repeated(name)}" size="24"></p>
<p><label for="input_password">Password:</label>
<input type="password" name="pma_password" id="input_password" size="24"></p>
<input type="hidden" name="server" value="1">
<input type="submit" value="Log in" id="input_go">
</form>
</body>
</html>
`;
  return scriptAnswer(site, 200, HTML, body);
}

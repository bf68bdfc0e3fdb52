import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function s(t){return`${/^[a-z0-9]+:\/\/[^/]+/.exec(t)?.[0]??t}/sluice/targets.json`}export{s as a};

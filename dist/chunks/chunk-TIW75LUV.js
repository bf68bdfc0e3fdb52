import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function n(e){return e.replace(/[^a-z0-9]+/g,"-").replace(/^-|-$/g,"")}function t(e){return n(`${e.system}-${e.environment}`)}function r(e){return`${t(e)}-ledger-${e.account}`}export{n as a,t as b,r as c};

import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function i(e){return Object.fromEntries(Object.entries(e).filter(([,n])=>n!==void 0))}export{i as a};

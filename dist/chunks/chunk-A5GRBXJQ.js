import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function s({services:e,environment:i},r,n){let t=e[r]?.domain;return n===null||t===void 0||i.cloud==="local"?n:`https://${t}`}export{s as a};

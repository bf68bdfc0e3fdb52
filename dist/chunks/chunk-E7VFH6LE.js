import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function r({services:e,environment:s},i,n){let t=e[i]?.domain;return n===null||t===void 0||s.cloud==="local"?n:`https://${t}`}export{r as a};

import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{b as t}from"./chunk-KDAVWTIF.js";function r({env:n}){let e=n.GITHUB_TOKEN??n.GH_TOKEN;return e===void 0||e===""?void 0:new t(e)}export{r as a};

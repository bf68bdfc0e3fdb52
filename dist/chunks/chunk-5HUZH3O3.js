import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function r(e,n){return{kind:"message",level:e,text:n}}export{r as a};

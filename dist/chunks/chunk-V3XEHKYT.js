import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function r(e){let t=["1","true"].includes(e.SLUICE_FRUGAL??"");return{every:3e3,patience:20*6e4,frugal:t}}export{r as a};

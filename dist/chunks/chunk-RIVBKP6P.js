import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function r(o,e){return{command:o,outcome:e.outcome,message:e.message,...e.remedy===void 0?{}:{remedy:e.remedy},outputs:{},data:{},summary:""}}export{r as a};
